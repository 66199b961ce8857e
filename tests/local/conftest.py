"""--against NAME=URL: run the golden tests of a template against a deployed stack instead of the local gateway."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from local.functions import isolation
from tests.local.gateway_api import Caller, LocalApi


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--against",
        action="append",
        default=[],
        metavar="NAME=URL",
        help="test the template tests/local/templates/NAME.yaml where it is deployed, URL being its stage's",
    )


@pytest.fixture(scope="module")
def api(request: pytest.FixtureRequest) -> Iterator[Caller]:
    """The API of the template that the module names in TEMPLATE."""
    yield from served(request.config, request.module.TEMPLATE)


def served(config: pytest.Config, name: str) -> Iterator[Caller]:
    """One template, deployed or served here."""
    deployed = dict(pair.split("=", 1) for pair in config.getoption("--against", default=[]))
    if deployed:
        if name not in deployed:
            pytest.skip(f"{name} is not among --against")
        yield Caller(deployed[name].rstrip("/"))
        return
    running = LocalApi(name)
    yield running
    running.close()


@pytest.fixture
def wire(api: Caller) -> Iterator[socket.socket]:
    """A raw connection to the API."""
    with socket.create_connection((api.host, api.port), timeout=10) as connection:
        yield connection


@pytest.fixture
def local_api(request: pytest.FixtureRequest) -> Iterator[Callable[..., LocalApi]]:
    """Makes further local APIs, for tests of the local gateway itself."""
    made: list[LocalApi] = []

    def make(*arguments: object, **how: object) -> LocalApi:
        made.append(LocalApi(*arguments, **how))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for running in made:
        running.close()


@pytest.fixture(autouse=True, scope="session")
def put_the_process_back() -> Iterator[None]:
    yield
    isolation.uninstall()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--against", default=[]):
        for item in items:
            if item.get_closest_marker("local_only"):
                item.add_marker(pytest.mark.skip(reason="speaks of the local gateway itself"))
