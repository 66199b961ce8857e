"""/console when the service fails: too many requests, an error of ours, a server that goes away and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.client import address, send
from tests.support.console import Person
from tests.support.server import Server

pytestmark = [pytest.mark.needs("chromedriver"), pytest.mark.local_only]
REQUEST = "6b1f7a52-3c1e-4d8e-9a57-0c5b9d0f4a11"
# The next POST of the page gets this response.
ANSWERED = """
const [status, code, headers] = arguments;
const real = window.fetch;
window.fetch = (path, options) => {
  if (options?.method !== "POST") return real(path, options);
  window.fetch = real;
  const body = JSON.stringify({ status, code, detail: "An English sentence." });
  return Promise.resolve(new Response(body, { status, headers }));
};
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[Server]:
    with Server(data=str(data)) as running:
        send(running.url, "POST", "/users", {"name": "Ann", "email": address()})
        yield running


@pytest.fixture(scope="module")
def ann(server: Server) -> Iterator[Person]:
    person = Person(server.url)
    yield person
    person.leave()


def filled(ann: Person, name: str) -> None:
    ann.open("#/new")
    ann.browser.until("return document.querySelector('#rows tr')")
    ann.fill(name=name, email=address())


def test_too_many_requests_say_how_long_to_wait(ann):
    filled(ann, "Waits")
    ann.browser.run(ANSWERED, 429, "too_many_requests", {"Retry-After": "7", "X-Request-Id": REQUEST})
    ann.press("Create user")
    ann.sees("These are too many requests.", ".failure")
    ann.sees("The service takes requests again in 7 seconds.", ".failure")
    ann.press("Create user")
    ann.sees("Waits was created.")


def test_an_error_of_the_service_has_the_id_of_its_request_to_copy(ann):
    filled(ann, "Fails")
    ann.browser.run(ANSWERED, 500, "internal_error", {"X-Request-Id": REQUEST})
    ann.press("Create user")
    ann.sees("Something went wrong in the service. Report it with the id of the request.", ".failure")
    ann.press("Copy", ".failure")
    assert ann.browser.run("return getSelection().toString()") == REQUEST
    ann.sees("Copied.", "#said")


def test_a_code_that_the_page_does_not_know_shows_the_sentence_of_the_service(ann):
    filled(ann, "Future")
    ann.browser.run(ANSWERED, 409, "from_the_future", {})
    ann.press("Create user")
    ann.sees("An English sentence.", ".failure")


def test_a_server_that_goes_away_and_comes_back_is_gone_on_with(server, ann, data):
    filled(ann, "Survives")
    ann.sees("Live", "#live")
    server.stop()
    ann.sees("Not live", "#live")
    ann.press("Create user")
    ann.sees("The service does not answer. Nothing is known about this request", ".failure")
    with Server(data=str(data), port=server.port):
        ann.press("Create user")  # with the same key as before
        ann.sees("Survives was created.")
        ann.browser.until("return document.querySelector('#live').innerText === 'Live'", patience=60)
        ann.browser.until("return [...document.querySelectorAll('#rows a')].some((it) => it.innerText === 'Survives')")
