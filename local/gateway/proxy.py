"""Lambda proxy integration: what of a function's answer goes to the client, and what is malformed."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from local.gateway.events import is_binary
from local.wire.messages import Response

MAX_RESPONSE = 6 * 1024 * 1024  # bytes of the largest response of a function, as JSON
MEMBERS = {"isBase64Encoded", "statusCode", "headers", "multiValueHeaders", "body"}
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
BREAK = re.compile(r"[\r\n\0]")
REMAPPED = frozenset({"connection", "content-length", "date", "server"})  # answered as x-amzn-Remapped-*


class Malformed(Exception):
    """A response that API Gateway does not accept; its text says why, for the console only."""


def response(answer: Any, accept: str | None, binary_types: Sequence[str]) -> Response:
    """A function's answer as the client gets it. Raises Malformed."""
    size_of(answer)
    if not isinstance(answer, dict):
        raise Malformed("the response is not an object with statusCode, headers and body")
    unknown = sorted(set(answer) - MEMBERS)
    if unknown:
        raise Malformed(
            f"the response has fields that a proxy integration does not know: {', '.join(map(str, unknown))}"
        )
    headers = headers_of(answer)
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    return Response(status_of(answer.get("statusCode", 200)), headers, body_of(answer, accept, headers, binary_types))


def size_of(answer: Any) -> int:
    """The bytes of the answer as Lambda would send it."""
    if isinstance(answer, dict) and len(str(answer.get("body") or "")) < MAX_RESPONSE // 8:
        return 0  # even with every character escaped it fits, so it need not be measured
    try:
        size = len(json.dumps(answer).encode())
    except (TypeError, ValueError) as error:
        raise Malformed(f"the response is not JSON ({error})") from error
    if size > MAX_RESPONSE:
        raise Malformed(f"the response has {size} bytes; the limit is {MAX_RESPONSE}")
    return size


def status_of(value: Any) -> int:
    """statusCode: an integer, or a string of one, of a final response (RFC 9110, 15.2)."""
    try:
        status = int(value)
    except (TypeError, ValueError) as error:
        raise Malformed(f"statusCode is {value!r}") from error
    if isinstance(value, bool) or not 200 <= status <= 599 or status != float(value):
        raise Malformed(f"statusCode is {value!r}")
    return status


def headers_of(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """headers and multiValueHeaders together; where both have a name, the values of both are sent."""
    single = members(answer, "headers")
    many = members(answer, "multiValueHeaders")
    found: list[tuple[str, str]] = []
    for name, values in many.items():
        if not isinstance(values, list):
            raise Malformed(f"multiValueHeaders.{name} is not a list")
        found += [(name, text(name, value)) for value in values]
    sent = {(name.lower(), value) for name, value in found}
    written = [(name, text(name, value)) for name, value in single.items()]
    found += [pair for pair in written if not sent or (pair[0].lower(), pair[1]) not in sent]
    return [(name, value) for sent_name, value in found if (name := sent_as(sent_name))]


@lru_cache(maxsize=1024)
def sent_as(name: str) -> str:
    """The name that a function's header goes out under; empty for one that does not."""
    low = name.lower()
    if low == "transfer-encoding":
        return ""
    return f"x-amzn-Remapped-{name}" if low in REMAPPED else name


def members(answer: dict[str, Any], key: str) -> dict[str, Any]:
    """An object of the answer; absent and null are empty."""
    found = answer.get(key)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Malformed(f"{key} is not an object")
    return found


def text(name: Any, value: Any) -> str:
    """A header's value; numbers and booleans are written out, line breaks are refused."""
    if not isinstance(name, str) or not is_name(name):
        raise Malformed(f"{name!r} is not a header name")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str) or BREAK.search(value):
        raise Malformed(f"the header {name} is not one line of text")
    return value


@lru_cache(maxsize=1024)
def is_name(name: str) -> bool:
    """Whether a text can be a header's name."""
    return HEADER_NAME.fullmatch(name) is not None


def body_of(
    answer: dict[str, Any], accept: str | None, headers: list[tuple[str, str]], binary_types: Sequence[str]
) -> bytes:
    """The body; base64 is decoded only for a client whose Accept is among the API's binary media types."""
    body = answer.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise Malformed("body is not a string")
    try:
        if answer.get("isBase64Encoded") is True and is_binary(accept or "*/*", binary_types):
            return base64.b64decode(body, validate=True)
        return body.encode()
    except (binascii.Error, UnicodeEncodeError) as error:
        raise Malformed(f"body cannot be sent ({type(error).__name__})") from error
