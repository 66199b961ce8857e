"""The response of a handler, and its form for API Gateway."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from utils.errors import AppError

EXPOSED = "ETag, Location, Link, Retry-After, X-Request-Id, Idempotency-Replayed"
NO_STORE = "no-store"
REVALIDATE = "private, no-cache"


class Response:
    """A status, headers, and a body that is JSON text already, one line ('' for none)."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, body: str, headers: dict[str, str]) -> None:
        self.status = status
        self.body = body
        self.headers = headers


def ok(document: dict[str, Any], etag: str = "", cache: str = NO_STORE, **headers: str) -> Response:
    """200 with a JSON document."""
    return _json(200, document, {**headers, "Cache-Control": cache}, etag)


def created(document: dict[str, Any], location: str, etag: str) -> Response:
    """201 with the new resource and where it is."""
    return _json(201, document, {"Location": location, "Cache-Control": NO_STORE}, etag)


def not_modified(etag: str) -> Response:
    """304: what the client has is what there is."""
    return Response(304, "", {"ETag": etag, "Cache-Control": REVALIDATE})


def problem(error: AppError, request_id: str) -> Response:
    """The one shape of every error (RFC 9457), the same that api-gateway.yaml gives API Gateway's own."""
    document: dict[str, Any] = {
        "type": f"urn:problem-type:users-api:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "instance": f"urn:uuid:{request_id}",
        "requestId": request_id,
        "code": error.code,
        "error": error.detail,
    }
    if error.errors:
        document["errors"] = error.errors
    headers = {**error.headers, "Content-Type": "application/problem+json", "Cache-Control": NO_STORE}
    return Response(error.status, to_json(document) + "\n", headers)


def for_gateway(response: Response, request_id: str, origin: str) -> dict[str, Any]:
    """The response of a Lambda proxy integration, with the headers that all responses have."""
    headers = {
        **response.headers,
        "X-Request-Id": request_id,
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": EXPOSED,
    }
    if origin != "*":
        headers["Vary"] = "Origin"
    return {"statusCode": response.status, "headers": headers, "body": response.body, "isBase64Encoded": False}


def to_json(document: object) -> str:
    """Compact JSON; characters stand as themselves."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _json(status: int, document: dict[str, Any], headers: dict[str, str], etag: str) -> Response:
    headers["Content-Type"] = "application/json"
    if etag:
        headers["ETag"] = etag
    return Response(status, to_json(document) + "\n", headers)
