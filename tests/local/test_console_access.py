"""Who gets into /console, and what it offers them: keys, sign-in, and stacks that have less."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from local.demo import DISABLED, PEOPLE
from tests.api.client import send
from tests.local.test_sources import until
from tests.support.console import Person
from tests.support.server import ROOT, Server, free_port
from tests.support.sign_in import PASSWORD, Refused, SignIn

pytestmark = [pytest.mark.needs("chromedriver"), pytest.mark.local_only]
KEPT = "return [JSON.stringify(sessionStorage), JSON.stringify(localStorage), document.cookie]"
LOGIN = """
for (const [name, value] of Object.entries({ username: arguments[0], password: arguments[1] })) {
  document.querySelector(`[name=${name}]`).value = value;
}
document.querySelector("form").requestSubmit();
"""


@pytest.fixture(scope="module")
def person() -> Iterator[Person]:
    someone = Person("")
    yield someone
    someone.leave()


def signed_in(person: Person, email: str) -> None:
    """Go through the sign-in page, as a person does."""
    person.open()
    person.press("Sign in", "dialog")
    person.browser.until("return document.querySelector('[name=password]')")
    person.browser.run(LOGIN, email, PASSWORD)
    person.browser.until("return document.querySelector('#rows')")


def refused(pool: SignIn) -> bool:
    """Whether the disabled person cannot sign in."""
    try:
        pool.person("eve@example.com")
    except Refused:
        return True
    return False


def test_a_key_is_asked_for_and_kept_in_the_tab_alone(person):
    with Server("ApiKeyRequired=true") as server:
        [key] = re.findall(r"API key +(\S+)", server.output)
        send(server.url, "POST", "/users", {"name": "Ann", "email": "ann@example.com"}, {"X-Api-Key": key})
        person.url = server.url
        person.open()
        person.sees("The service needs an API key, or another one.", "dialog")
        person.write("#key", "wrong")
        person.press("Use this key")
        person.browser.until("return document.querySelector('dialog .failure code')")  # the id of the refused request
        person.write("#key", key)
        person.press("Use this key")
        person.sees_names("Ann")
        person.sees("Live", "#live")
        in_tab, in_browser, cookies = person.browser.run(KEPT)
        assert key in in_tab
        assert (in_browser, cookies) == ("{}", "")
        person.press("Access")
        person.press("Sign out")
        person.sees("The service needs an API key, or another one.", "dialog")


def test_an_administrator_signs_in_and_disables_a_person(person):
    with Server("SignIn=true") as server:
        pool = SignIn(server.url, server.client)
        pool.add("boss@example.com", "admins", name="Boss")
        pool.add("eve@example.com", name="Eve")
        pool.person("eve@example.com")  # which makes her record
        person.url = server.url
        signed_in(person, "boss@example.com")
        person.press("Eve")
        person.sees("Active", ".facts .pill")
        person.press("Disable")
        person.sees("Disabled", ".facts .pill")
        until(lambda: refused(pool), bool)  # the user pool follows a moment later
        person.press("Enable")
        person.sees("Active", ".facts .pill")
        person.press("Make administrator")
        person.sees("admins", ".facts")
        assert "code=" not in person.browser.run("return location.href")
        person.fill(name="Eva")
        person.press("Save changes")
        person.sees("The changes are saved.")
        person.press("Access")
        person.press("Sign out")
        person.sees("Access to the service", "dialog")
        assert demo(server.port) == (0, f"{len(PEOPLE)} people created, 0 were there, {len(DISABLED)} of them disabled")
        assert demo(server.port) == (0, f"0 people created, {len(PEOPLE)} were there")


def demo(port: int) -> tuple[int, str]:
    """The status of `make demo`, and what it says before it names the address."""
    environment = {**os.environ, "PORT": str(port)}
    done = subprocess.run(
        [sys.executable, "-m", "local.demo"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    return done.returncode, (done.stdout or done.stderr).removeprefix("demo: ").partition(";")[0]


def test_the_demo_says_why_nobody_is_created():
    status, said = demo(free_port())
    assert (status, "nothing answers at" in said) == (1, True)
    with Server("ApiKeyRequired=true Events=false") as server:
        status, said = demo(server.port)
    assert (status, "API_KEY=... make demo" in said) == (1, True)


def test_a_stack_that_has_less_is_offered_less(person):
    off = ("Events", "Search", "Pictures", "LiveUpdates", "Bulk", "Webhooks")
    with Server(" ".join(f"{name}=false" for name in off) + " MailSender=") as server:
        for name in ("Ann", "Bob"):
            send(server.url, "POST", "/users", {"name": name, "email": f"{name}@example.com"})
        person.url = server.url
        person.open()
        person.browser.until("return document.querySelectorAll('#rows tr').length === 2")
        assert sorted(person.names) == ["Ann", "Bob"]
        shown = person.browser.run("return document.body.innerText")
        for absent in ("Search", "Import", "Live", "Webhooks"):
            assert absent not in shown
        person.press("Ann")
        person.has("name", "Ann")
        shown = person.browser.run("return document.body.innerText")
        for absent in ("Picture", "What happened", "Sign-in and roles", "Email not verified", "Erase"):
            assert absent not in shown
        person.fill(age="20")
        person.press("Save changes")
        person.sees("The changes are saved.")
