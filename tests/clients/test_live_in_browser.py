"""clients/live.mjs in a real browser: a page is told of each change, also of those while its connection was broken."""

from __future__ import annotations

import json
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.api.client import send
from tests.support.browser import Browser, Site
from tests.support.cable import Cable
from tests.support.server import ROOT, Server

pytestmark = pytest.mark.needs("chromedriver")
PAGE = """<!doctype html>
<title>Live updates</title>
<ul></ul>
<script type="module">
  import { LiveUpdates } from "./live.mjs";
  const requestTicket = () => fetch("/my-server/live-ticket", { method: "POST" }).then((response) => response.json());
  const item = (text) => Object.assign(document.createElement("li"), { textContent: text });
  const show = (text) => document.querySelector("ul").append(item(text));
  window.live = new LiveUpdates(requestTicket);
  live.follow("users", {
    update: (message) => show(`${message.userId} ${message.userVersion}`),
    gap: () => show("gap"),
  });
</script>
"""
SHOWN = "return [...document.querySelectorAll('li')].map((item) => item.textContent)"
SUBSCRIBED = "return window.live?.topics.get('users').place !== undefined"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def cable(server: Server) -> Iterator[Cable]:
    """The way to the WebSocket API."""
    address = urlsplit(ticket(server)["url"])
    plugged = Cable(str(address.hostname), int(address.port or 80))
    yield plugged
    plugged.stop()


@pytest.fixture
def site(server: Server, cable: Cable) -> Iterator[Site]:
    """A page, and the server that keeps its API key."""

    def by_cable() -> dict[str, Any]:
        given = ticket(server)
        return {**given, "url": urlsplit(given["url"])._replace(netloc=f"127.0.0.1:{cable.port}").geturl()}

    client = (ROOT / "clients" / "live.mjs").read_text()
    files = {"/": ("text/html", PAGE), "/live.mjs": ("text/javascript", client), "/favicon.ico": ("image/x-icon", "")}
    running = Site(files, {"/my-server/live-ticket": by_cable})
    yield running
    running.stop()


@pytest.fixture
def browser() -> Iterator[Browser]:
    running = Browser()
    yield running
    running.stop()


def ticket(server: Server) -> dict[str, Any]:
    request = urllib.request.Request(f"{server.url}/live/tickets", b"", method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return dict(json.load(answer))


def created(server: Server) -> str:
    body = {"name": "Ann", "email": f"{uuid.uuid4()}@example.com"}
    return str(send(server.url, "POST", "/users", body).json["userId"])


def renamed(server: Server, user: str) -> None:
    assert send(server.url, "PATCH", f"/users/{user}", {"name": str(uuid.uuid4())}).status == 200


def shows(browser: Browser, line: str) -> None:
    browser.until(f"{SHOWN}.includes(arguments[0])", line)


def test_a_page_is_told_of_each_change_once_whatever_its_connection_does(browser, site, cable, server):
    browser.open(site.url)
    browser.until(SUBSCRIBED)
    user = created(server)
    shows(browser, f"{user} 1")

    cable.pull()
    renamed(server, user)
    renamed(server, user)
    assert browser.run(SHOWN) == [f"{user} 1"]
    cable.plug()
    for version in (2, 3):
        shows(browser, f"{user} {version}")

    renamed(server, user)
    shows(browser, f"{user} 4")
    assert sorted(browser.run(SHOWN)) == [f"{user} {version}" for version in (1, 2, 3, 4)]
