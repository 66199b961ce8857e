"""The APIs that generated clients run against."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.server import Server


@dataclass
class Api:
    """Where an API answers, and its key."""

    url: str
    key: str


def keyed(parameters: str) -> Iterator[Api]:
    with Server(f"ApiKeyRequired=true {parameters}") as server:
        key = re.search(r"API key\s+(\S+)", server.output)
        assert key, server.output
        yield Api(server.url, key[1])


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    """An API with nobody in it, which asks for a key."""
    yield from keyed("DailyQuota=1000000")


@pytest.fixture(scope="module")
def busy() -> Iterator[Api]:
    """One whose key may be used once a day."""
    yield from keyed("DailyQuota=1")
