"""Imports and exports of a running server, from a file to their end."""

from __future__ import annotations

import gzip
import json
import time
import urllib.request
from typing import Any

from tests.api.client import send
from tests.support.server import Server
from tests.support.uploads import upload

ENDED = ("completed", "failed")
PATIENCE = 60.0


def begun(server: Server, **members: Any) -> dict[str, Any]:
    """A new import."""
    answer = send(server.url, "POST", "/admin/imports", members)
    assert answer.status == 201, answer.body
    assert answer.headers["location"].endswith(f"/admin/imports/{answer.json['importId']}")
    return dict(answer.json)


def job(server: Server, path: str) -> dict[str, Any]:
    """An import or export as it is now."""
    answer = send(server.url, "GET", path)
    assert answer.status == 200, answer.body
    return dict(answer.json)


def ended(server: Server, path: str, patience: float = PATIENCE, pause: float = 0.1) -> dict[str, Any]:
    """An import or export, once it is completed or failed."""
    last = time.monotonic() + patience
    found: dict[str, Any] = {}
    while found.get("status") not in ENDED:
        assert time.monotonic() < last, f"after {patience:.0f} s only {found}"
        time.sleep(pause if found else 0)
        answer = send(server.url, "GET", path)
        if answer.status != 503:  # the emulated DynamoDB has one thread, and a large Scan can hold it for seconds
            assert answer.status == 200, answer.body
            found = answer.json
    return found


def imported(server: Server, content: bytes, **members: Any) -> dict[str, Any]:
    """An import of this file that has ended, with its results as `lines`."""
    made = begun(server, **members)
    assert upload(made["upload"], content) == 204
    found = ended(server, f"/admin/imports/{made['importId']}")
    found["lines"] = lines(fetched(found["results"]["url"])) if "results" in found else []
    return found


def exported(server: Server, form: str, patience: float = PATIENCE) -> tuple[dict[str, Any], list[bytes]]:
    """An export that is completed, and its files as they are downloaded."""
    answer = send(server.url, "POST", "/admin/exports", {"format": form})
    assert answer.status == 201, answer.body
    found = ended(server, f"/admin/exports/{answer.json['exportId']}", patience)
    assert found["status"] == "completed", found
    return found, [fetched(file["url"]) for file in found["files"]]


def fetched(url: str) -> bytes:
    """What is at a URL."""
    with urllib.request.urlopen(url, timeout=30) as answer:
        return bytes(answer.read())


def lines(content: bytes) -> list[Any]:
    """The documents of NDJSON in gzip."""
    return [json.loads(line) for line in gzip.decompress(content).splitlines()]
