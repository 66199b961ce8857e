"""Clients of the running API for the proofs over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.proofs.concurrency.http_api import Api, Crowd, Tables
from tests.support.server import Server


@pytest.fixture(scope="session")
def api(server: Server) -> Api:
    """The API of `make run`."""
    return Api(server.url)


@pytest.fixture(scope="session")
def behind(server: Server) -> Tables:
    """The tables of `make run`."""
    return Tables(server.client("dynamodb"))


@pytest.fixture
def exact(behind: Tables) -> Iterator[Tables]:
    """The tables, looked at when the test has ended; what other tests left in them is not its fault."""
    behind.forgive()
    yield behind
    behind.assert_exact()


@pytest.fixture
def crowd() -> Iterator[Callable[[int], Crowd]]:
    """Makes crowds of so many threads, which end with the test."""
    crowds: list[Crowd] = []

    def make(size: int) -> Crowd:
        crowds.append(Crowd(size))
        return crowds[-1]

    yield make
    for made in crowds:
        made.close()
