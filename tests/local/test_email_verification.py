"""Verified emails, from the letter in the outbox to the mark of the user."""

from __future__ import annotations

import html
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.api.client import send
from tests.local.test_sources import until
from tests.support.server import Server

pytestmark = pytest.mark.local_only


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@dataclass
class Person:
    """A user of the API."""

    url: str
    path: str
    email: str

    def link(self) -> str:
        """The path of the newest link that was sent to the email."""
        return str(until(self.links, bool)[0])

    def links(self) -> list[str]:
        letters = send(self.url, "GET", "/outbox").body.decode().split("<h2>")[1:]
        ours = [html.unescape(html.unescape(letter)) for letter in letters if f"to <bdi>{self.email}</bdi>" in letter]
        return [found[1] for it in ours if (found := re.search(rf'href="{self.url}({self.path}/\S+?)"', it))]

    def verified(self) -> bool:
        answer = send(self.url, "GET", f"{self.path}/email-verification")
        assert answer.status == 200
        return bool(answer.json["emailVerified"])

    def change(self, email: str) -> None:
        assert send(self.url, "PUT", self.path, {"email": email}).status == 200
        self.email = email


def address() -> str:
    return f"{uuid.uuid4().hex}@example.com"


@pytest.fixture
def person(server: Server) -> Person:
    email = address()
    made = send(server.url, "POST", "/users", {"name": "Ann", "email": email}).json
    return Person(server.url, f"/users/{made['userId']}", email)


def confirm(person: Person, link: str) -> int:
    """The status of the button."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": person.url}
    return int(send(person.url, "POST", link, headers=headers).status)


def test_the_button_behind_the_link_verifies_the_email(person):
    assert not person.verified()
    assert confirm(person, person.link()) == 200
    assert person.verified()


def test_a_program_that_opens_the_link_does_not_use_it_up(person):
    link = person.link()
    for _ in range(3):
        shown = send(person.url, "GET", link)
        assert (shown.status, shown.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert not person.verified()
    assert confirm(person, link) == 200


def test_a_link_works_once(person):
    link = person.link()
    assert [confirm(person, link), confirm(person, link)] == [200, 410]
    assert person.verified()


def test_a_link_works_once_even_after_the_email_has_left_and_come_back(person):
    first, link = person.email, person.link()
    assert confirm(person, link) == 200
    person.change(address())
    person.change(first)
    assert not person.verified()
    assert confirm(person, link) == 410
    assert not person.verified()


def test_another_email_is_not_verified_and_gets_a_link_of_its_own(person):
    old = person.link()
    assert confirm(person, old) == 200
    person.change(address())
    assert not person.verified()
    assert confirm(person, person.link()) == 200
    assert person.verified()


def test_a_link_does_not_verify_another_email(person):
    link = person.link()
    person.change(address())
    assert confirm(person, link) == 410
    assert not person.verified()


def test_another_link_is_sent_once_and_works(person):
    until(person.links, bool)
    for _ in range(3):
        asked = send(person.url, "POST", f"{person.path}/email-verification")
        assert (asked.status, asked.json) == (200, {"emailVerified": False})
    found = until(person.links, lambda links: len(links) > 1)
    time.sleep(1)  # a third letter would be there by now
    assert person.links() == found
    assert confirm(person, found[0]) == 200
    assert person.verified()


def test_a_verified_email_gets_no_other_link(person):
    assert confirm(person, person.link()) == 200
    asked = send(person.url, "POST", f"{person.path}/email-verification")
    assert asked.json == {"emailVerified": True}
    time.sleep(1)
    assert len(person.links()) == 1


def test_nobody_gets_no_link(server):
    assert send(server.url, "POST", f"/users/{uuid.uuid4()}/email-verification").status == 404


def test_another_spelling_of_the_email_is_another_email(person):
    assert confirm(person, person.link()) == 200
    person.change(person.email.upper())
    assert not person.verified()


def test_the_same_email_again_stays_verified(person):
    assert confirm(person, person.link()) == 200
    person.change(person.email)
    assert person.verified()


def test_a_link_of_one_user_does_not_verify_another(server, person):
    link, other = person.link(), send(server.url, "POST", "/users", {"name": "Bob", "email": address()}).json
    assert confirm(person, link.replace(person.path, f"/users/{other['userId']}")) == 410


@pytest.mark.parametrize("change", [lambda it: f"{it[:-1]}{'A' if it[-1] != 'A' else 'B'}", lambda it: it[:-1]])
def test_a_changed_link_does_not_work(person, change):
    link = change(person.link())
    assert confirm(person, link) == 410
    assert not person.verified()


def test_a_link_of_a_deleted_user_does_not_work(person):
    link = person.link()
    assert send(person.url, "DELETE", person.path).status == 200
    assert confirm(person, link) == 410
    assert send(person.url, "GET", f"{person.path}/email-verification").status == 404


def test_the_mark_is_no_change_that_clients_see(person):
    before = send(person.url, "GET", person.path)
    assert confirm(person, person.link()) == 200
    after = send(person.url, "GET", person.path)
    assert (after.body, after.headers["etag"]) == (before.body, before.headers["etag"])


def test_a_page_says_nothing_about_the_user_and_tells_no_other_site(person):
    shown: Any = send(person.url, "GET", person.link())
    assert person.email not in shown.body.decode()
    assert "form-action 'self'" in shown.headers["content-security-policy"]
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert shown.headers["referrer-policy"] == "same-origin"
    assert shown.headers["cache-control"] == "no-store"


def test_without_mail_there_is_no_such_path():
    with Server("MailSender=") as plain:
        assert send(plain.url, "GET", f"/users/{uuid.uuid4()}/email-verification").status == 404
        assert "/users/{userId}/email-verification" not in send(plain.url, "GET", "/openapi.json").json["paths"]
