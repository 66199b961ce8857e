"""The APIs that generated clients run against."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.server import Server
from tests.support.sign_in import SignIn


@dataclass
class Api:
    """Where an API answers, its key, and the token of an administrator if it asks for one."""

    url: str
    key: str
    token: str = "none"


def key_of(server: Server) -> str:
    key = re.search(r"API key\s+(\S+)", server.output)
    assert key, server.output
    return key[1]


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    """An API with nobody in it but an administrator. It asks for a key and a token, and has every operation."""
    with Server("ApiKeyRequired=true SignIn=true DailyQuota=1000000") as server:
        sign_in = SignIn(server.dynamodb_endpoint, server.client)
        sign_in.add("admin@example.com", "admins", name="Ada")
        token = sign_in.person("admin@example.com", "users/admin", "users/self")
        yield Api(server.url, key_of(server), token)


@pytest.fixture(scope="module")
def busy() -> Iterator[Api]:
    """One whose key may be used once a day."""
    with Server("ApiKeyRequired=true DailyQuota=1") as server:
        yield Api(server.url, key_of(server))
