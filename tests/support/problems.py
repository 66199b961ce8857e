"""The one statement of the error shape."""

from __future__ import annotations

import json
from typing import Any

MEMBERS = {"type", "title", "status", "detail", "instance", "requestId", "code", "error"}


def assert_error(status: int, headers: Any, body: Any, expected_status: int, code: str) -> dict[str, Any]:
    """Check one answer, from the gateway or from a function, against the contract's error shape; its document."""
    document: dict[str, Any] = json.loads(body) if isinstance(body, (str, bytes)) else body
    named = {name.lower(): value for name, value in dict(headers).items()}
    assert (status, document["code"]) == (expected_status, code), document
    assert set(document) - {"errors"} == MEMBERS
    assert document["status"] == status
    assert document["type"] == f"urn:problem-type:users-api:{code}"
    assert document["instance"] == f"urn:uuid:{document['requestId']}"
    assert document["requestId"] == named["x-request-id"]
    assert named["content-type"] == "application/problem+json"
    assert named["cache-control"] == "no-store"
    assert named["access-control-allow-origin"]
    for error in document.get("errors", []):
        assert set(error) == {"pointer", "code", "message"}
    return document
