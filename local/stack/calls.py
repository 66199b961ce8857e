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
    """A call was refused: `code` is the service's name for why, and `message` is its sentence."""

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.code = code
        self.message = message


def dynamodb(endpoint: str, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """One DynamoDB call. Raises CallError."""
    return by_target(endpoint, "dynamodb", "1.0", f"DynamoDB_20120810.{operation}", request)


def cognito(endpoint: str, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """One call of the user pools. Raises CallError."""
    return by_target(endpoint, "cognito-idp", "1.1", f"AWSCognitoIdentityProviderService.{operation}", request)


def by_target(endpoint: str, service: str, version: str, target: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """One call of a service whose operation is in a header. Raises CallError."""
    headers = {"Content-Type": f"application/x-amz-json-{version}", "X-Amz-Target": target}
    status, body = post(endpoint, service, json.dumps(request).encode(), headers)
    answer = dict(json.loads(body or b"{}"))
    if status != 200:
        code = str(answer.get("__type", status)).rpartition("#")[2]
        message = str(answer.get("message", answer.get("Message", "")))
        raise CallError(target.rpartition(".")[2], code, message)
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


def store(endpoint: str, bucket: str, key: str, body: bytes) -> str:
    """Put an object into a bucket, which is made if it is not there; the object's URL. Raises CallError."""
    for path in (f"/{bucket}", f"/{bucket}/{key}"):
        status, answer = send(f"{endpoint}{path}", "PUT", "s3", body if path.endswith(key) else b"", {})
        if status not in (200, 409):  # the bucket is there
            raise CallError("PutObject", str(status), answer.decode(errors="replace"))
    return f"{endpoint}/{bucket}/{key}"


def post(endpoint: str, service: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """Status and body of one request. Raises CallError."""
    return send(endpoint, "POST", service, body, headers)


def send(url: str, method: str, service: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """Status and body of one request. Raises CallError."""
    signed = (
        f"AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
    address = urlsplit(url)
    try:
        with contextlib.closing(HTTPConnection(str(address.hostname), address.port, timeout=SECONDS)) as connection:
            connection.request(method, address.path or "/", body, {**headers, "Authorization": signed})
            response = connection.getresponse()
            return response.status, response.read()
    except (OSError, HTTPException) as error:
        raise CallError(service, "no response", f"the emulated AWS at {url} does not answer ({error})") from error
