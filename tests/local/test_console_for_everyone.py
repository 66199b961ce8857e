"""/console for everyone: without a mouse, by ear, small, dark, in two languages; and against those who are hostile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.web import web_console
from tests.api.client import address, send
from tests.support.console import NAMES, Person
from tests.support.server import Server

pytestmark = [pytest.mark.needs("chromedriver"), pytest.mark.local_only]
HOSTILE = [
    '<img src=x onerror="window.hurt = 1">',
    "<script>window.hurt = 1</script>",
    "javascript:window.hurt=1",
    '"><svg onload="window.hurt = 1">',
    "{{constructor.constructor('window.hurt=1')()}}",
    "</title><iframe srcdoc='<script>parent.hurt=1</script>'>",
]
SIZES = [(1280, False), (1280, True), (320, False), (320, True)]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        for number in range(3):
            send(running.url, "POST", "/users", {"name": f"Ann {number}", "email": address(), "age": 30})
        yield running


@pytest.fixture(scope="module")
def ann(server: Server) -> Iterator[Person]:
    person = Person(server.url)
    yield person
    person.leave()


def user(server: Server) -> str:
    return str(send(server.url, "GET", "/users?limit=1").json["users"][0]["userId"])


@pytest.mark.parametrize(("width", "dark"), SIZES)
def test_every_page_is_accessible_and_fits(server, ann, width, dark):
    ann.browser.look(width, 800, dark=dark)
    for place, there in {
        "#/": "#rows tr",
        f"#/users/{user(server)}": "#field-name",
        "#/new": "#field-name",
        "#/transfers": "#format",
    }.items():
        ann.open(place)
        ann.browser.until("return document.querySelector(arguments[0])", there)
        if place == "#/new":
            ann.press("Create user")
            ann.sees("This field is needed.")
        if place == "#/":
            ann.browser.run("document.querySelector('#filters').open = true")
        assert ann.faults() == [], place
        assert sideways(ann) == 0, place
    ann.browser.look()


def test_what_appears_on_the_way_is_accessible_too(server, ann):
    """A conflict, an open trail, a message, the dialog; in German, whose words are longer, on the narrowest page."""
    ann.browser.look(320, 640, dark=True)
    ann.open()
    ann.browser.run("localStorage.setItem('console.language', 'de')")
    path = user(server)
    ann.open(f"#/users/{path}")
    ann.browser.until("return document.querySelector('#field-name')")
    ann.fill(age="40", email=address())
    send(server.url, "PATCH", f"/users/{path}", {"age": 41, "name": "Ann der Anfang"})
    ann.sees("Jemand anderes hat diese Person inzwischen geändert", ".conflict")
    ann.browser.run("document.querySelector('details.section').open = true")
    ann.browser.until("return document.querySelector('.trail li')")
    assert ann.faults() == []
    assert sideways(ann) == 0
    ann.press("Änderungen speichern")
    ann.sees("Die Änderungen sind gespeichert.", ".notice")
    assert ann.faults() == []
    ann.press("Zugang")
    ann.sees("Zugang zum Dienst", "dialog")
    assert ann.faults() == []
    assert sideways(ann) == 0
    ann.browser.run("localStorage.clear()")
    ann.browser.look()


def sideways(person: Person) -> int:
    """By how many pixels the page is wider than the screen."""
    wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return int(person.browser.run(wide))


def test_axe_notices_a_fault(ann):
    ann.open()
    ann.browser.until("return document.querySelector('#rows tr')")
    ann.browser.run("document.querySelector('label[for=q]').remove()")
    assert any(fault.startswith("label") for fault in ann.faults())


def test_everything_works_without_a_mouse(server, ann):
    ann.open()
    ann.browser.until("return document.querySelector('#rows tr')")
    ann.browser.run("document.querySelector('#rows a').focus()")
    ann.browser.type("#rows a", "\ue007")  # Enter
    ann.browser.until("return document.activeElement.tagName === 'H2'")
    ann.sees("Email not verified", "#verification")
    seen: list[str] = []
    for _ in range(12):
        ann.tab()
        seen.append(ann.browser.run("const it = document.activeElement; return it.id || it.textContent"))
    assert seen[:3] == ["Back to the list", "picture", "Send the link again"]
    assert seen[3:7] == ["field-name", "field-email", "field-age", "Save changes"]
    assert "Delete user" in seen
    ann.browser.type("#field-age", "\ue0031\ue007")  # Backspace, a digit and Enter
    ann.sees("The changes are saved.", ".notice")


def test_nothing_moves_for_who_does_without_motion(ann):
    ann.browser.look(calm=True)
    ann.open()
    ann.browser.until("return document.querySelector('#rows tr')")
    moving = "return [...document.querySelectorAll('*')].some((it) => getComputedStyle(it).transitionDuration !== '0s')"
    assert not ann.browser.run(moving)
    ann.browser.look()
    assert ann.browser.run(moving)  # so that the line before says something


def test_the_page_speaks_german_and_says_so(ann):
    ann.open()
    ann.browser.until("return document.querySelector('#rows tr')")
    ann.browser.run(
        "const it = document.querySelector('#language'); it.value = 'de'; it.dispatchEvent(new Event('change'))"
    )
    ann.sees("Neue Person")
    assert ann.browser.run("return document.documentElement.lang") == "de"
    ann.open("#/new")
    ann.press("Person anlegen")
    ann.sees("Dieses Feld wird gebraucht.", "#error-name")
    ann.browser.run("localStorage.clear()")


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_user_is_called_is_never_executed(server, ann, text):
    answer = send(server.url, "POST", "/users", {"name": text, "email": address()})
    assert answer.status == 201, answer.body
    ann.open(f"#/users/{answer.json['userId']}")
    ann.has("name", text)
    ann.browser.until(
        "return [...document.querySelectorAll('#rows a')].some((it) => it.textContent === arguments[0])", text
    )
    ann.press("Delete user")
    ann.sees(text, ".notice")
    ann.press("Delete now")
    ann.sees(text, "#said")
    assert ann.browser.run("return window.hurt ?? null") is None
    assert (
        ann.browser.run(
            "return document.querySelectorAll('main img:not([src^=\"blob:\"]), iframe, main script').length"
        )
        == 0
    )


def test_the_browser_itself_refuses_markup_and_scripts_in_the_page(ann):
    """The second defence: what a mistake in our code would let through."""
    ann.open()
    ann.browser.until("return document.querySelector('#rows')")
    assert "TrustedHTML" in refused(ann, "document.body.innerHTML = '<b>x</b>'")
    assert "TrustedScript" in refused(ann, "document.body.setAttribute('onclick', 'window.hurt = 1')")
    assert "TrustedScript" in refused(ann, "document.createElement('script').text = 'window.hurt = 1'")


def refused(person: Person, script: str) -> str:
    return str(person.browser.run(f"try {{ {script}; return '' }} catch (error) {{ return error.message }}"))


def test_a_dead_service_is_shown_as_what_it_is(server, ann):
    ann.open("#/new")
    ann.fill(name="Ann", email=address())
    offline(ann, True)
    ann.sees("You are offline. What you see may be old", "#offline")
    ann.press("Create user")
    ann.sees("You are offline.", "#beside")
    offline(ann, False)
    ann.press("Create user")
    ann.sees("Ann was created.")


def offline(person: Person, off: bool) -> None:
    person.browser.tools("Network.enable")
    person.browser.tools(
        "Network.emulateNetworkConditions", offline=off, latency=0, downloadThroughput=-1, uploadThroughput=-1
    )


def test_late_answers_are_dropped_and_letters_are_not_each_a_request(server, ann):
    send(server.url, "POST", "/users", {"name": "Bo 1", "email": address()})  # whom no other test renames
    ann.open()
    ann.browser.until(f"return (() => {{ {NAMES} }})().includes('Bo 1')")
    ann.browser.run(
        "window.asked = []; const real = fetch; window.fetch = (path, options) => {"
        " if (String(path).includes('q=')) window.asked.push(path);"
        " const slow = String(path).includes('q=xx&') ? 900 : 0;"
        " return new Promise((done) => setTimeout(done, slow)).then(() => real(path, options)); }"
    )
    typed = (
        "const it = document.querySelector('#q'); for (let n = 1; n <= arguments[0].length; n++) {"
        " it.value = arguments[0].slice(0, n); it.dispatchEvent(new Event('input')); }"
    )
    ann.browser.run(typed, "xx")
    ann.browser.until("return window.asked.length === 1")
    ann.browser.run(typed, "bo 1")
    ann.sees_names("Bo 1")
    ann.browser.run("return new Promise((done) => setTimeout(done, 1200))")
    assert ann.names == ["Bo 1"]
    asked = set(ann.browser.run("return window.asked"))
    assert len(asked) == 2, asked  # one for each pause, and none for each letter
    assert all("limit=25" in path for path in asked)


def test_the_page_asks_for_each_file_once_and_four_times_for_something_else(ann):
    """As many requests as these and no more: the count is of the browser itself."""
    ann.browser.tools("Network.clearBrowserCache")
    ann.open()
    ann.browser.until("return document.querySelector('#rows tr')")
    ann.sees("Live", "#live")
    named = "return performance.getEntriesByType('resource').map((it) => new URL(it.name).pathname)"
    asked = ann.browser.run(named)
    files = {f"/console/{name}" for name in web_console.files() if name and not name.startswith("texts/")}
    files = {*files, "/console/texts/en/page.js", "/console/texts/en/problems.js"} - {"/console/index.html"}
    theirs = sorted(path for path in asked if path not in files)
    icon = "/console/icon.svg"  # the page shows it, and so does its tab
    assert sorted(path for path in asked if path in files - {icon}) == sorted(files - {icon})
    assert asked.count(icon) <= len(("page", "tab"))
    assert theirs[:4] == ["/live/tickets", "/openapi.json", "/users", "/users"]
    assert set(theirs[4:]) <= {"/users"}  # what has changed since, once it is live
