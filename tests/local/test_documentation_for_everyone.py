"""/docs in a real browser for people with a key, a token or a screen reader."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.api.client import send
from tests.local.test_console_access import LOGIN
from tests.local.test_sources import until
from tests.support.console import Person
from tests.support.server import Server
from tests.support.sign_in import PASSWORD, SignIn

pytestmark = [pytest.mark.needs("chromedriver"), pytest.mark.local_only]


@pytest.fixture(scope="module")
def person() -> Iterator[Person]:
    someone = Person("")
    yield someone
    someone.leave()


def tried(person: Person, operation: str) -> str:
    """What the page shows after "Execute" of an operation."""
    block = f"#operations-Users-{operation}"
    person.browser.run("document.querySelector('.close-modal')?.click()")
    person.browser.run(
        "const it = document.querySelector(arguments[0]); if (it.getAttribute('aria-expanded') === 'false') it.click()",
        f"{block} .opblock-summary-control",
    )
    person.browser.until("return document.querySelector(arguments[0])", f"{block} .execute")
    person.browser.run("document.querySelector(arguments[0])?.click()", f"{block} .btn-clear")
    person.browser.run("document.querySelector(arguments[0]).click()", f"{block} .execute")
    answer = "return document.querySelector(arguments[0])?.innerText"
    return str(person.browser.until(answer, f"{block} .live-responses-table .response"))


def opened(person: Person, server: Server) -> None:
    person.browser.open(f"{server.url}/docs")
    person.browser.until("return document.querySelector('#operations-Users-createUser')")


def test_a_key_is_asked_for_and_sent(person):
    with Server("ApiKeyRequired=true Events=false") as server:
        [key] = re.findall(r"API key +(\S+)", server.output)
        opened(person, server)
        assert tried(person, "createUser").startswith("403")
        person.browser.click(".btn.authorize")
        person.browser.until("return document.querySelector('.dialog-ux input')")
        person.browser.type(".dialog-ux input", key)
        person.browser.click(".dialog-ux button.authorize")
        assert tried(person, "createUser").startswith("201")
        [user] = send(server.url, "GET", "/users", headers={"X-Api-Key": key}).json["users"]
        assert user["name"]


def test_a_person_signs_in_and_tries_the_api_and_every_part_is_accessible(person):
    with Server("SignIn=true") as server:
        SignIn(server.url, server.client).add("boss@example.com", "admins", name="Boss")
        opened(person, server)
        assert person.faults() == []
        assert tried(person, "listUsers").startswith("401")
        assert person.faults() == []
        person.browser.click(".btn.authorize")
        person.browser.until("return document.querySelector('.dialog-ux [id^=oauth_username], .dialog-ux .scopes')")
        assert person.faults() == []
        scope = "label[for^='users/admin-authorizationCode']"
        person.browser.run("document.querySelector(arguments[0]).click()", scope)
        [here] = person.browser.windows()
        person.browser.click(".auth-container:has(label[for*='authorizationCode']) button.authorize")
        until(person.browser.windows, lambda windows: len(windows) == 2)
        [there] = {*person.browser.windows()} - {here}
        person.browser.switch(there)
        person.browser.until("return document.querySelector('[name=password]')")
        person.browser.run(LOGIN, "boss@example.com", PASSWORD)
        until(person.browser.windows, lambda windows: windows == [here])
        person.browser.switch(here)
        person.browser.until("return document.querySelector('.dialog-ux').innerText.includes('Logout')")
        assert tried(person, "listUsers").startswith("200")


def test_axe_notices_a_fault(person):
    person.browser.run("document.querySelector('select').removeAttribute('aria-label')")
    assert any(fault.startswith("select-name") for fault in person.faults())
