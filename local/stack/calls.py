"""Single calls to the emulated AWS without an SDK, which would take longer to load than a start may."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any

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
    form = urllib.parse.urlencode({"Action": action, "Version": "2010-05-15", **parameters}).encode()
    status, body = post(endpoint, "cloudformation", form, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = ET.fromstring(body)  # noqa: S314 - written by a process of ours
    for element in answer.iter():
        element.tag = element.tag.rpartition("}")[2]
    if status != 200:
        raise CallError(action, answer.findtext(".//Code") or str(status), answer.findtext(".//Message") or "")
    return answer


def post(endpoint: str, service: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """Status and body of one request."""
    signed = (
        f"AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
    request = urllib.request.Request(endpoint, body, {**headers, "Authorization": signed})  # noqa: S310 - our own
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as response:  # noqa: S310
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
