"""The mail that `make run` shows: from a request to the page."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest

from tests.api.client import send
from tests.local.test_sources import until
from tests.support.server import Server

pytestmark = pytest.mark.local_only
NAME = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture(scope="module")
def outbox(server: Server) -> str:
    """The page after a life of one user."""
    path = f"/users/{send(server.url, 'POST', '/users', {'name': NAME, 'email': 'ann@example.com'}).json['userId']}"
    until(lambda: page(server), lambda found: "Welcome" in found)
    assert send(server.url, "PUT", path, {"email": "ann@b\u00fccher.example"}).status == 200
    until(lambda: page(server), lambda found: found.count("is changed") >= 2)
    assert send(server.url, "DELETE", path).status == 200
    return str(until(lambda: page(server), lambda found: "is deleted" in found))


def page(server: Server) -> str:
    return send(server.url, "GET", "/outbox").body.decode()


def test_each_letter_is_on_the_page_once(outbox):
    told = re.findall(r"<h2><bdi>(.*?)</bdi></h2>\n<p>.*?, to <bdi>(.*?)</bdi>", outbox)
    assert sorted(told) == [
        ("The email of your account is changed", "ann@example.com"),
        ("The email of your account is changed", "ann@xn--bcher-kva.example"),
        ("Welcome", "ann@example.com"),
        ("Your account is deleted", "ann@xn--bcher-kva.example"),
    ]


def test_what_a_letter_says_is_not_html_of_the_page(outbox):
    assert "<script" not in outbox
    for frame in re.findall('srcdoc="(.*?)"', outbox, re.DOTALL):
        assert "<script" not in html.unescape(frame)
    assert html.escape(html.escape(NAME)) in outbox


def test_letters_are_in_sandboxed_frames_of_a_page_without_scripts(server, outbox):
    frames = re.findall("<iframe [^>]*>", outbox)
    assert len(frames) == 4
    assert all('sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame for frame in frames)
    policy = send(server.url, "GET", "/outbox").headers["content-security-policy"]
    assert "default-src 'none'" in policy


def test_pages_elsewhere_do_not_read_the_page(server):
    assert send(server.url, "GET", "/outbox", headers={"Origin": "https://elsewhere.example"}).status == 403
