"""/docs in a real browser: it shows each operation, and a request that it sends is answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.client import send
from tests.support.browser import Browser
from tests.support.server import Server

pytestmark = pytest.mark.needs("chromedriver")
CREATE = "#operations-Users-createUser"
OPERATIONS = "return document.querySelectorAll('.opblock').length"
ANSWER = f"{CREATE} .live-responses-table .response"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def browser() -> Iterator[Browser]:
    running = Browser()
    yield running
    running.stop()


def operations(contract: dict[str, Any]) -> int:
    return sum(
        "operationId" in part for item in contract["paths"].values() for part in item.values() if isinstance(part, dict)
    )


def tried(browser: Browser) -> str:
    """What the page shows after "Execute" with the example of a new user."""
    browser.run(f"document.querySelector('{CREATE} .opblock-summary-control').click()")
    browser.until(f"return document.querySelector('{CREATE} .execute')")
    browser.run(f"document.querySelector('{CREATE} .execute').click()")
    return str(browser.until(f"return document.querySelector('{ANSWER}')?.innerText"))


def test_a_person_reads_and_tries_the_api(browser, server):
    browser.open(server.url)
    contract = send(server.url, "GET", "/openapi.json").json
    browser.until(f"return ({OPERATIONS.removeprefix('return ')}) === arguments[0]", operations(contract))

    shown = tried(browser)

    assert shown.startswith("201")
    [user] = send(server.url, "GET", "/users").json["users"]
    assert user["userId"] in shown
    assert browser.console() == []


def test_the_page_works_by_the_other_name_of_this_machine(browser, server):
    """The contract names one of them, and a request to the other one would go to another origin."""
    names = ("localhost", "127.0.0.1")
    here, there = names if names[0] in server.url else names[::-1]
    browser.open(f"{server.url.replace(here, there)}/docs")
    browser.until(OPERATIONS)
    assert tried(browser).startswith(("201", "409"))  # the example's email may be in use
