"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from local.proxies import spare_loopback
from tests.proofs.figures import Summary
from tests.support.emulator import Emulator
from tests.support.programs import Programs
from tests.support.server import Server
from tests.support.tables import Tables, create_tables, delete_tables


def pytest_configure(config: pytest.Config) -> None:
    """The figures of the proofs close every run; Ctrl-C reaches what tests start, also where the run ignores it.

    No proxy of the developer's sees what tests send to this machine. No generated example has a limit of time.
    """
    spare_loopback(os.environ)
    settings.register_profile("untimed", deadline=None)  # a busy machine is no fault of ours
    settings.load_profile("untimed")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    config.pluginmanager.register(Summary())
    config.pluginmanager.register(Programs())


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """One emulated AWS for the whole run."""
    with Emulator() as running:
        yield running


@pytest.fixture
def tables(emulator: Emulator) -> Iterator[Tables]:
    """A fresh pair of tables, gone afterwards: `.users`, `.keys`."""
    client = emulator.client("dynamodb")
    pair = create_tables(client)
    yield pair
    delete_tables(client, pair)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """`make run` with its defaults, for the whole run; tests share its users, so each makes its own."""
    with Server() as running:
        yield running
