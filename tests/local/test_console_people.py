"""/console and what concerns a person: whether the email is verified, and erasing the person for good."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.client import address, send
from tests.local.test_console_access import signed_in
from tests.local.test_email_verification import Person as Owner
from tests.local.test_email_verification import confirm
from tests.local.test_sources import until
from tests.support.console import Person
from tests.support.server import Server
from tests.support.sign_in import SignIn

pytestmark = [pytest.mark.needs("chromedriver"), pytest.mark.slow, pytest.mark.local_only]
MINUTES = 120.0  # an erasure goes through all places twice, with half a minute between the rounds


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server("SignIn=true") as running:
        yield running


@pytest.fixture(scope="module")
def ann(server: Server) -> Iterator[Person]:
    person = Person(server.url)
    pool = SignIn(server.url, server.client)
    pool.add("boss@example.com", "admins", name="Boss")
    signed_in(person, "boss@example.com")
    yield person
    person.leave()


def machine(server: Server) -> dict[str, str]:
    """The header of a program that may do everything with users."""
    token = SignIn(server.url, server.client).machine("users/read", "users/write")
    return {"Authorization": f"Bearer {token}"}


def created(server: Server, name: str) -> Owner:
    """A user, made by a machine."""
    body = {"name": name, "email": address()}
    user = send(server.url, "POST", "/users", body, machine(server)).json
    return Owner(server.url, f"/users/{user['userId']}", body["email"])


def shown(ann: Person, user: Owner) -> None:
    """Go to a user without a reload, which would end the sign-in of the page."""
    ann.browser.run("location.hash = arguments[0]", f"#{user.path}")


def test_a_person_sends_the_link_again_and_sees_that_the_email_is_verified(server, ann):
    user = created(server, "Vera")
    shown(ann, user)
    ann.sees("Email not verified", "#verification")
    ann.press("Send the link again")
    ann.sees("A link is on its way", ".notice")
    assert confirm(user, user.link()) == 200
    ann.press("Send the link again")
    ann.sees("The email is verified already.")
    ann.sees("Email verified", "#verification")
    assert ann.faults() == []


def test_a_person_is_erased_after_a_word_and_the_receipt_says_so(server, ann):
    user = created(server, "Erika Musterfrau")
    shown(ann, user)
    ann.has("name", "Erika Musterfrau")
    ann.browser.run("document.querySelector('#erase').open = true")
    ann.write("#erase-word", "erika")
    ann.press("Erase for good")
    ann.sees("This is not what is to be typed.", "#erase")
    assert ann.browser.run("return document.activeElement.id") == "erase-word"
    assert ann.faults() == []
    ann.write("#erase-word", f"{user.email}\ue007")  # Enter
    ann.sees("The service removes this person from every place.", "#erase-state")
    assert ann.browser.run("return document.activeElement.tagName") == "H2"
    assert user.email not in ann.browser.run("return document.documentElement.outerHTML")
    ann.press("Back to the list")
    until(lambda: send(server.url, "GET", user.path, headers=machine(server)).status, lambda status: status == 404)
    shown(ann, user)  # the receipt is there later too
    ann.sees("The service removes this person", "#erase-state")
    ann.browser.look(320, 800, dark=True)
    ann.browser.until("return document.querySelector('#erase-state').innerText.startsWith('Erased')", patience=MINUTES)
    ann.sees("Erased, and nothing is left", "#erase-state")
    ann.sees("1 removed, 0 there now", ".receipt")
    assert ann.faults() == []
    assert ann.browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    ann.browser.look()


def test_an_ended_sign_in_is_asked_for_again(server, ann):
    ann.press("Back to the list")
    ended = "const it = JSON.parse(sessionStorage['console.token']); it.until = 0;"
    ann.browser.run(f"{ended} sessionStorage['console.ended'] = sessionStorage['console.token']")
    ann.browser.run(f"{ended} sessionStorage['console.token'] = JSON.stringify(it)")
    ann.press("Boss")
    ann.sees("You are not signed in, or your sign-in has ended.", "dialog")
    assert ann.faults() == []
    ann.browser.run("sessionStorage['console.token'] = sessionStorage['console.ended']")
    ann.press("Close", "dialog")
    ann.press("Try again", ".panel")
    ann.has("name", "Boss")


def test_nobody_erases_themselves(server, ann):
    ann.press("Back to the list")
    ann.press("Boss")
    ann.has("name", "Boss")
    ann.browser.run("document.querySelector('#erase').open = true")
    ann.write("#erase-word", "boss@example.com")
    ann.press("Erase for good")
    ann.sees("You cannot do this to yourself.", "#erase")
