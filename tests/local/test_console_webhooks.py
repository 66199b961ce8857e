"""/console and the webhooks: created, turned off and on, their deliveries; by the keyboard, narrow, in German too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.client import address, send
from tests.local.test_sources import until
from tests.support.console import Person
from tests.support.receiver import Receiver
from tests.support.server import Server

pytestmark = [pytest.mark.needs("chromedriver"), pytest.mark.slow, pytest.mark.local_only]
STATUS = "#webhook-status"
SECRET = "return document.querySelector('.conflict code')?.textContent"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture(scope="module")
def ann(server: Server) -> Iterator[Person]:
    person = Person(server.url)
    yield person
    person.leave()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.stop()


def test_a_webhook_is_created_followed_sent_again_and_deleted(server, ann, receiver):
    ann.open("#/webhooks")
    ann.sees("There are no webhooks yet.")
    ann.press("New webhook")
    ann.write("#field-url", "http://example.com/")
    ann.press("Create webhook")
    ann.sees("Deliveries cannot go there.", "#error-url")
    assert ann.browser.run("return document.activeElement.id") == "field-url"
    ann.write("#field-url", receiver.url)
    ann.write("#field-description", "Mailing list")
    ann.press("Create webhook")
    ann.sees("Store it now", ".conflict")
    secret = ann.browser.run(SECRET)
    assert secret.startswith("whsec_")
    [webhook] = send(server.url, "GET", "/webhooks").json["webhooks"]
    assert (webhook["url"], webhook["description"]) == (receiver.url, "Mailing list")

    send(server.url, "POST", "/users", {"name": "Ann", "email": address()})
    until(lambda: len(receiver.got), lambda count: count == 1)
    ann.press("Look again")
    ann.sees("Delivered", "#deliveries")
    ann.press("Send again")
    until(lambda: len(receiver.got), lambda count: count == 2)
    ann.sees("2 attempts: status 204", "#deliveries")

    ann.press("Make another secret")
    ann.browser.until(f"return ((() => {{ {SECRET} }})() ?? arguments[0]) !== arguments[0]", secret)
    ann.press("I have stored it")
    ann.browser.until("return !document.querySelector('.conflict')")
    ann.open(f"#/webhooks/{webhook['webhookId']}")
    ann.sees("Enabled", STATUS)
    assert "whsec_" not in ann.browser.run("return document.documentElement.outerHTML")

    ann.press("Disable")
    ann.sees("Disabled", STATUS)
    ann.press("Enable")
    ann.sees("Enabled", STATUS)
    ann.press("Delete webhook")
    ann.press("Delete now")
    ann.sees("There are no webhooks yet.")


def test_a_webhook_that_somebody_else_has_changed_is_not_overwritten(server, ann, receiver):
    made = send(server.url, "POST", "/webhooks", {"url": receiver.url}).json
    ann.open(f"#/webhooks/{made['webhookId']}")
    ann.sees("Enabled", STATUS)
    send(server.url, "PATCH", f"/webhooks/{made['webhookId']}", {"status": "disabled"})
    ann.press("Disable")
    ann.sees("Somebody else has changed this meanwhile. You see the new state.")
    ann.sees("Disabled", STATUS)
    send(server.url, "DELETE", f"/webhooks/{made['webhookId']}")


@pytest.mark.parametrize(("width", "dark", "language"), [(1280, False, "en"), (320, True, "de")])
def test_the_pages_are_accessible_and_fit(server, ann, receiver, width, dark, language):
    made = send(server.url, "POST", "/webhooks", {"url": receiver.url, "eventTypes": ["UserCreated"]}).json
    receiver.statuses.append(500)
    send(server.url, "POST", "/users", {"name": "Ann", "email": address()})
    until(lambda: len(receiver.got), bool)
    ann.browser.look(width, 800, dark=dark)
    ann.open()
    ann.browser.run("localStorage.setItem('console.language', arguments[0])", language)
    for place, there in {
        "#/webhooks": ".cards li",
        "#/webhooks/new": "#field-url",
        f"#/webhooks/{made['webhookId']}": "#deliveries details",
    }.items():
        ann.open(place)
        ann.browser.until("return document.querySelector(arguments[0])", there)
        for details in ("#deliveries details",):
            ann.browser.run("const it = document.querySelector(arguments[0]); if (it) it.open = true", details)
        assert ann.faults() == [], place
        wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert ann.browser.run(wide) == 0, place
    ann.sees("Neues Geheimnis erzeugen" if language == "de" else "Make another secret")
    ann.browser.run("localStorage.clear()")
    ann.browser.look()
    send(server.url, "DELETE", f"/webhooks/{made['webhookId']}")


def test_a_webhook_is_created_without_a_mouse(server, ann, receiver):
    ann.open("#/webhooks/new")
    ann.browser.until("return document.activeElement.id === 'field-url'")
    ann.browser.type("#field-url", f"{receiver.url}\ue007")  # Enter
    ann.sees("Store it now", ".conflict")
    seen = []
    for _ in range(5):
        ann.tab()
        seen.append(ann.browser.run("const it = document.activeElement; return it.id || it.textContent"))
    assert seen == ["Back to the webhooks", "Copy", "I have stored it", "Disable", "Make another secret"]
