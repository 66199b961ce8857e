"""The limits of API Gateway and Lambda for the sizes of a request and the characters of its query.

Nothing of a body is copied to find out that it is too large.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from local.gateway.responses import Refusal
from local.wire.messages import Request

MAX_HEAD = 10240  # bytes of request line and header values together.
MAX_EVENT = 6 * 1024 * 1024  # bytes that Lambda takes as an event.
UNENCODED = re.compile(r"[|{}]")  # API Gateway accepts these characters in a query only URL-encoded
MOST_ESCAPES = 6  # bytes of the longest escape, \u0000.
ORDINARY = bytes(byte for byte in range(32, 256) if byte not in b'"\\')  # not escaped in JSON
SHORT = b'"\\\b\f\n\r\t'  # escaped by two characters


def check_request(request: Request) -> None:
    """Reject what API Gateway rejects before it looks at the path. Raises Refusal."""
    if request.malformed:
        raise Refusal("DEFAULT_4XX", reason=request.malformed)
    if request.too_large:
        raise Refusal("REQUEST_TOO_LARGE")
    if request.head_size > MAX_HEAD:
        raise Refusal("DEFAULT_4XX", f"HTTP header is larger than {MAX_HEAD} bytes.", status=431)
    if "?" in request.target and UNENCODED.search(request.target.partition("?")[2]):
        raise Refusal("DEFAULT_4XX", reason="API Gateway does not support | { } in a query; URL-encode them")


def check_body(body: bytes, binary: bool) -> None:
    """Reject a body that makes every event too large, before the event is built. Raises Refusal."""
    if (-(-len(body) // 3) * 4 if binary else len(body)) > MAX_EVENT:
        raise too_large()


def check_event(event: Mapping[str, Any]) -> None:
    """Reject what is too large for a function though not for API Gateway. Raises Refusal."""
    body = event["body"] or ""
    if len(body) * MOST_ESCAPES < MAX_EVENT - MAX_HEAD * 16:
        return  # even with every character escaped it fits, so it need not be measured
    others = len(json.dumps({**event, "body": ""}, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    if others + (len(body) if event["isBase64Encoded"] else size_in_json(body)) > MAX_EVENT:
        raise too_large()


def size_in_json(text: str) -> int:
    """The bytes of a string in JSON, without its quotes."""
    encoded = text.encode("utf-8", "surrogatepass")
    special = encoded.translate(None, ORDINARY)
    return len(encoded) + len(special) + 4 * len(special.translate(None, SHORT))


def too_large() -> Refusal:
    return Refusal("REQUEST_TOO_LARGE", reason=f"the event is over the {MAX_EVENT} bytes that a function takes")
