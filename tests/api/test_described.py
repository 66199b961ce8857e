"""The check of live traffic finds what the contract does not describe (tests/support/described.py)."""

from __future__ import annotations

import json

import pytest

from tests.support import described

USER = {
    "userId": "3f9c2a10-5b7e-4c1d-9e8f-0a1b2c3d4e5f",
    "name": "Ada",
    "email": "ada@example.com",
    "createdAt": "2026-11-22T10:00:00.000Z",
    "updatedAt": "2026-11-22T10:00:00.000Z",
}
HEADERS = {
    "content-type": "application/json",
    "x-request-id": "r",
    "etag": '"1"',
    "cache-control": "no-store",
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "ETag",
}
PROBLEM = {"content-type": "application/problem+json"}


def faults(target: str = "/users/1", status: int = 200, body: object = None, **headers: str | None) -> list[str]:
    sent = {**HEADERS, **{name.replace("_", "-"): value for name, value in headers.items()}}
    left = {name: value for name, value in sent.items() if value is not None}
    return described.faults("GET", target, status, left, json.dumps(USER if body is None else body).encode())


def test_what_the_contract_describes_is_let_be() -> None:
    assert faults() == faults("/users/1?fields=name", etag=None) == faults("/outbox", 403) == []


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (faults(status=418), "get /users/{userId} has no 418"),
        (faults(x_powered_by="us"), "has a header x-powered-by"),
        (faults(cache_control=None), "lacks cache-control"),
        (faults(content_type="text/html"), "has a body of text/html"),
        (faults(body={**USER, "lastWrite": "t"}), "lastWrite"),
        (faults(body={**USER, "age": "36"}), "$.age"),
        (faults(body={}), "'userId' is a required property"),
        (faults("/nowhere", 404, body={"message": "Not Found"}, **PROBLEM), "'code' is a required property"),
        (faults("/nowhere", 404), "an error of application/json"),
    ],
)
def test_anything_else_is_told(fault: list[str], told: str) -> None:
    assert told in "; ".join(fault)
