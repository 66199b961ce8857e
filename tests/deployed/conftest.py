"""One account and one deployment for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployed.cloud import Cloud
from tests.deployed.front import Front
from tests.deployed.stack import Stack
from tests.support.project import copied


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    """An account with nothing in it."""
    running = Cloud()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def stack(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """The project, deployed by deploy.sh from a folder with a space in its name."""
    deployed = Stack(cloud, copied(Path(tmp_path_factory.mktemp("a project"), "users api")))
    done = deployed.script("deploy.sh", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr + cloud.log.read_text()
    deployed.said = done.stdout
    return deployed


@pytest.fixture(scope="session")
def front(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """The front end of `make run` before the deployed functions."""
    with Front(stack, tmp_path_factory.mktemp("front")) as serving:
        yield serving
