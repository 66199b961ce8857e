"""The rules for the head of a request (RFC 9110 and RFC 9112) that the parser leaves to its caller."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

OWS = b" \t"  # optional white space around the value of a header
RULED = frozenset({b"host", b"expect", b"content-length", b"transfer-encoding"})
HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(:[0-9]*)?")
ABSOLUTE = re.compile(r"https?://(?P<host>[^/?]+)(?P<rest>.*)", re.IGNORECASE)

Headers = list[tuple[str, str]]
Fields = Sequence[tuple[bytes, bytes]]


class HeadError(ValueError):
    """The head is not a valid HTTP/1.1 head; the text says what is wrong and what to do."""


@dataclass(slots=True)
class Head:
    """The head of one request. `target` is in origin form, except for CONNECT and `OPTIONS *`.

    `waits`: the client sends the body after a 100 Continue. `length` is Content-Length, 0 when there is none.
    """

    method: str
    target: str
    version: str
    headers: Headers
    length: int
    waits: bool


def read_head(method: str, target: bytes, version: str, fields: Fields) -> Head:
    """The head of a request from its parts as they were sent. Raises HeadError."""
    if version[:2] != "1.":
        raise HeadError(f"HTTP/{version} is not supported; use HTTP/1.1")
    headers, ruled = decoded(fields)
    old = version == "1.0"
    check_host(ruled.get(b"host", []), required=not old)
    path = target.decode("latin-1")
    if path[:1] != "/" or "#" in path or method == "CONNECT":
        path, headers = other_form(method, path, headers)
    if ruled.keys() <= {b"host"}:  # no body and no expectation
        return Head(method, path, "1.0" if old else "1.1", headers, 0, waits=False)
    codings = ruled.get(b"transfer-encoding", [])
    if codings:
        check_codings(codings, old=old)
    length = int(ruled.get(b"content-length", ["0"])[-1])
    waits = not old and bool(length or codings) and asks_to_continue(ruled.get(b"expect", []))
    return Head(method, path, "1.0" if old else "1.1", headers, length, waits)


def decoded(fields: Fields) -> tuple[Headers, dict[bytes, list[str]]]:
    """The headers as text, and the values of those that have rules here, by name in lower case."""
    headers: Headers = []
    ruled: dict[bytes, list[str]] = {}
    for name, value in fields:
        stripped = value.strip(OWS)
        try:
            found = stripped.decode()
        except UnicodeDecodeError:
            found = stripped.decode("latin-1")
        headers.append((name.decode("latin-1"), found))
        if (low := name.lower()) in RULED:
            ruled.setdefault(low, []).append(found)
    return headers, ruled


def check_host(values: list[str], *, required: bool) -> None:
    """Exactly one valid Host (RFC 9112, 3.2). Raises HeadError."""
    if len(values) == 1 and is_host(values[0]):
        return
    if len(values) > 1:
        raise HeadError("the request has more than one Host header; send one")
    if values:
        raise HeadError("the Host header is not a host name with an optional port")
    if required:
        raise HeadError("the request has no Host header, which HTTP/1.1 requires")


@lru_cache(maxsize=256)
def is_host(value: str) -> bool:
    """Whether a string is a host, with or without a port; the empty string is one (RFC 3986, 3.2.2)."""
    return HOST.fullmatch(value) is not None


def other_form(method: str, target: str, headers: Headers) -> tuple[str, Headers]:
    """A target that is not a plain path (RFC 9112, 3.2), and the headers that hold for it. Raises HeadError."""
    if "#" in target:
        raise HeadError("the request target has a fragment (#); clients do not send it")
    if method == "CONNECT":
        if target.rpartition(":")[0] and is_host(target):
            return target, headers
    elif target == "*" and method == "OPTIONS":
        return target, headers
    elif (whole := ABSOLUTE.fullmatch(target)) and is_host(whole["host"]):
        rest = whole["rest"]
        return rest if rest.startswith("/") else f"/{rest}", with_host(headers, whole["host"])
    raise HeadError(f"the request target is not one that {method} can have; send a path that starts with /")


def with_host(headers: Headers, host: str) -> Headers:
    """The headers with the host of the target in place of Host (RFC 9112, 3.2.2)."""
    sent = any(name.lower() == "host" for name, _ in headers)
    replaced = [(name, host if name.lower() == "host" else value) for name, value in headers]
    return replaced if sent else [("Host", host), *replaced]


def check_codings(values: list[str], *, old: bool) -> None:
    """The only transfer coding is `chunked`, and HTTP/1.0 has none (RFC 9112, 6.1). Raises HeadError."""
    if old:
        raise HeadError("Transfer-Encoding is not part of HTTP/1.0; send Content-Length")
    if [value.lower() for value in values] != ["chunked"]:
        raise HeadError("the only supported Transfer-Encoding is chunked")


def asks_to_continue(values: list[str]) -> bool:
    """Whether an Expect header asks for a 100 Continue; other expectations are ignored."""
    return any(member.strip().lower() == "100-continue" for value in values for member in value.split(","))


def without_offer(method: str, target: bytes, version: str, fields: Fields) -> bytes:
    """The head as it was sent, without its offer of another protocol, which a server may ignore (RFC 9110, 7.8)."""
    lines = [b"%s %s HTTP/%s" % (method.encode(), target, version.encode())]
    lines += [b"%s: %s" % field for field in fields if field[0].lower() != b"upgrade"]
    return b"\r\n".join(lines) + b"\r\n\r\n"
