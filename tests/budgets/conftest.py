"""Our functions as they are deployed, run by AWS's runtime client on the interpreter of the tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.ground import interpreter
from benchmarks.ground.interpreter import Interpreter
from benchmarks.peers import packages
from benchmarks.peers.packages import Package
from benchmarks.peers.table import EMPTY, OURS
from benchmarks.stage import machine
from benchmarks.stage.function import Machine


@pytest.fixture(scope="session")
def python() -> Interpreter:
    """The interpreter of the tests."""
    return interpreter.running()


@pytest.fixture(scope="session")
def stage(python: Interpreter) -> Iterator[Machine]:
    """A Runtime API, and a DynamoDB stub over TLS."""
    with machine.staged(python, pinned=False) as staged:
        yield staged


@pytest.fixture(scope="session")
def ours(python: Interpreter) -> Package:
    """What deploy.sh deploys."""
    return packages.build(OURS, python)


@pytest.fixture(scope="session")
def empty(python: Interpreter) -> Package:
    """A handler that does nothing."""
    return packages.build(EMPTY, python)
