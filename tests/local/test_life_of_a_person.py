"""The life of a person at localhost, in a real browser: sign up, sign in, change the name, be disabled, be erased.

The page and its client are those of docs/how-to/sign-in.md. An administrator acts over HTTP meanwhile.
"""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.docs.pages import page
from tests.support.browser import Browser, Site
from tests.support.server import Server
from tests.support.sign_in import PASSWORD, SignIn

pytestmark = [pytest.mark.local_only, pytest.mark.needs("chromedriver")]

EMAIL = "hedy@example.com"
LIVED_IN = ("identity", "record", "claims")
SECONDS = 20


class Person:
    """A person in front of a browser, at the page of the site."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self.browser, self.site = browser, site

    def arrives(self) -> None:
        """Open the page, and press its button: the sign-in page is shown."""
        self.browser.open(self.site.url + "/")
        self.browser.until("return document.querySelector('button')?.onclick != null")
        self.presses("button")
        self.sees("#username")

    def presses(self, what: str) -> None:
        self.browser.run("document.querySelector(arguments[0]).click()", what)

    def writes(self, **fields: str) -> None:
        """Fill in a form, and send it."""
        self.browser.run(
            "const form = document.querySelector('form');"
            "for (const [name, value] of Object.entries(arguments[0])) form.elements[name].value = value;"
            "form.querySelector('button').click()",
            fields,
        )

    def sees(self, what: str) -> None:
        self.browser.until("return document.querySelector(arguments[0])", what)

    def reads(self, text: str) -> None:
        self.browser.until("return document.body.innerText.includes(arguments[0])", text)

    def signs_in(self) -> None:
        self.writes(username=EMAIL, password=PASSWORD)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    running = Browser()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Its page comes when the API is there."""
    running = Site({"/client.mjs": ("text/javascript", shown("js")), "/favicon.ico": ("image/x-icon", "")})
    yield running
    running.stop()


@pytest.fixture(scope="module")
def server(site: Site) -> Iterator[Server]:
    with Server(f"SignIn=true SignInPages={site.url}/") as running:
        here = {"http://localhost:3000": running.url, "http://localhost:8000": site.url}
        site.files["/"] = ("text/html", re.sub("|".join(here), lambda found: here[found[0]], shown("html")))
        yield running


@pytest.fixture(scope="module")
def sign_in(server: Server, site: Site) -> SignIn:
    return SignIn(server.url, server.client, f"{site.url}/")


def shown(language: str) -> str:
    """The one block of the page in this language."""
    [block] = [block for block in page("docs/how-to/sign-in.md").blocks if block.language == language]
    return str(block.text)


def call(server: Server, method: str, path: str, token: str) -> dict[str, Any]:
    """What the API answers an administrator."""
    request = urllib.request.Request(server.url + path, headers={"Authorization": f"Bearer {token}"}, method=method)
    with urllib.request.urlopen(request, timeout=30) as response:
        return dict(json.load(response))


def code_in_the_outbox(server: Server) -> str:
    with urllib.request.urlopen(f"{server.url}/outbox", timeout=30) as response:
        [code] = set(re.findall(r"Your verification code is (\d{6})", response.read().decode()))
    return str(code)


def in_pool(sign_in: SignIn) -> str:
    """Whether the person may sign in, as the pool knows."""
    try:
        found = sign_in.cognito.admin_get_user(UserPoolId=sign_in.pool, Username=EMAIL)
    except sign_in.cognito.exceptions.UserNotFoundException:
        return "gone"
    return "enabled" if found["Enabled"] else "disabled"


def soon(sign_in: SignIn, wanted: str) -> None:
    """The pool follows what the API did."""
    last = time.monotonic() + SECONDS
    while (found := in_pool(sign_in)) != wanted:
        assert time.monotonic() < last, found
        time.sleep(0.1)


def erased(server: Server, path: str, boss: str) -> dict[str, int]:
    """How much the receipt counts where the person lives, as soon as the first round is over there.

    tests/local/test_erasure.py waits for the second round, which begins half a minute later.
    """
    last = time.monotonic() + SECONDS
    while True:
        receipt = call(server, "GET", f"{path}/erasure", boss)
        found = {each["place"]: each for each in receipt["places"] if each["place"] in LIVED_IN}
        if all("lookedAt" in each and not each["remaining"] for each in found.values()):
            return {place: each["erased"] for place, each in found.items()}
        assert time.monotonic() < last, receipt
        time.sleep(0.2)


def test_a_person_from_sign_up_to_the_end(server: Server, sign_in: SignIn, site: Site, browser: Browser) -> None:
    person = Person(browser, site)
    sign_in.add("boss@example.com", "admins")
    boss = sign_in.person("boss@example.com", "users/admin")

    person.arrives()
    person.presses("a[href^='/signup?']")
    person.sees("[name=email]")
    person.writes(email=EMAIL, name="Hedy Kiesler", password="short")
    person.reads("Password")  # the policy says what it wants
    person.writes(email=EMAIL, name="Hedy Kiesler", password=PASSWORD)
    person.sees("[name=code]")
    person.writes(code="000000")
    person.reads("Invalid verification code")
    person.writes(code=code_in_the_outbox(server))
    person.sees("#username")
    person.signs_in()
    person.reads('"name":"Hedy Kiesler"')

    browser.run("return me('PATCH', { name: 'Hedy Lamarr' })")
    person.reads('"name":"Hedy Lamarr"')

    [hedy] = [user for user in call(server, "GET", "/users", boss)["users"] if user["email"] == EMAIL]
    assert hedy["name"] == "Hedy Lamarr"
    call(server, "POST", f"/admin/users/{hedy['userId']}/disable", boss)
    browser.run("return me('GET')")
    person.reads("user_disabled")
    soon(sign_in, "disabled")
    person.arrives()
    person.signs_in()
    person.reads("User is disabled")

    call(server, "POST", f"/admin/users/{hedy['userId']}/enable", boss)
    soon(sign_in, "enabled")
    person.signs_in()
    person.reads('"name":"Hedy Lamarr"')

    path = f"/admin/users/{hedy['userId']}"
    receipt = call(server, "POST", f"{path}/erase", boss)
    assert (receipt["status"], receipt["userId"]) == ("running", hedy["userId"])
    soon(sign_in, "gone")
    browser.run("return me('GET')")
    person.reads("user_not_found")
    person.arrives()
    person.signs_in()
    person.reads("Incorrect username or password")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        call(server, "GET", f"/users/{hedy['userId']}", boss)
    assert erased(server, path, boss) == {"identity": 1, "record": 1, "claims": 0}
