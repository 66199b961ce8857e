"""Single calls to the emulated AWS without an SDK, which would take longer to load than a start may.

They go straight to the emulated AWS, whatever proxy the environment or the system names.
"""

from __future__ import annotations

import contextlib
import json
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlencode, urlsplit

REGION = "us-east-1"
SECONDS = 20


class CallError(Exception):
    """A call was refused: `code` is the service's name for why."""

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.code = code


def dynamodb(endpoint: str, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """One DynamoDB call. Raises CallError."""
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"DynamoDB_20120810.{operation}"}
    status, body = post(endpoint, "dynamodb", json.dumps(request).encode(), headers)
    answer = dict(json.loads(body))
    if status != 200:
        code = str(answer.get("__type", status)).rpartition("#")[2]
        raise CallError(operation, code, str(answer.get("message", answer.get("Message", ""))))
    return answer


def cloudformation(endpoint: str, action: str, parameters: Mapping[str, str]) -> ET.Element:
    """One CloudFormation call; the answer's XML without namespaces. Raises CallError."""
    form = urlencode({"Action": action, "Version": "2010-05-15", **parameters}).encode()
    status, body = post(endpoint, "cloudformation", form, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = ET.fromstring(body)  # noqa: S314 - written by a process of ours
    for element in answer.iter():
        element.tag = element.tag.rpartition("}")[2]
    if status != 200:
        raise CallError(action, answer.findtext(".//Code") or str(status), answer.findtext(".//Message") or "")
    return answer


def post(endpoint: str, service: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """Status and body of one request. Raises CallError."""
    signed = (
        f"AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
    address = urlsplit(endpoint)
    try:
        with contextlib.closing(HTTPConnection(str(address.hostname), address.port, timeout=SECONDS)) as connection:
            connection.request("POST", address.path or "/", body, {**headers, "Authorization": signed})
            response = connection.getresponse()
            return response.status, response.read()
    except (OSError, HTTPException) as error:
        raise CallError(service, "no response", f"the emulated AWS at {endpoint} does not answer ({error})") from error
