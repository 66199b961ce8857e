"""/console in real browsers: what people do there, alone and two at once."""

from __future__ import annotations

import gzip
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.client import send
from tests.local.bulk import fetched
from tests.local.test_sources import until
from tests.support.console import Person
from tests.support.pictures import picture
from tests.support.server import Server

FIELDS = ("name", "email", "age")
pytestmark = [pytest.mark.needs("chromedriver"), pytest.mark.local_only]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture(scope="module")
def browsers(server: Server) -> Iterator[list[Person]]:
    people = [Person(server.url), Person(server.url)]
    yield people
    for person in people:
        person.leave()


@pytest.fixture
def ann(browsers: list[Person]) -> Person:
    return browsers[0]


@pytest.fixture
def bob(browsers: list[Person]) -> Person:
    return browsers[1]


def created(server: Server, name: str, **more: Any) -> dict[str, Any]:
    body = {"name": name, "email": f"{uuid.uuid4().hex}@example.com", **more}
    answer = send(server.url, "POST", "/users", body)
    assert answer.status == 201, answer.body
    return dict(answer.json)


def read(server: Server, user: dict[str, Any]) -> Any:
    return send(server.url, "GET", f"/users/{user['userId']}").json


def emptied(server: Server) -> None:
    while users := send(server.url, "GET", "/users?limit=100").json["users"]:
        for user in users:
            send(server.url, "DELETE", f"/users/{user['userId']}")


def test_a_person_creates_finds_changes_and_deletes_a_user(server, ann):
    emptied(server)
    ann.open()
    ann.sees("There are no users yet.")
    ann.press("New user")
    ann.fill(name="Grace Hopper", email="grace@navy.example.com", age="85")
    ann.press("Create user")
    ann.sees("Grace Hopper was created.")
    created(server, "Ada Lovelace")
    ann.press("Back to the list")
    ann.sees_names("Ada Lovelace", "Grace Hopper")  # without a reload
    ann.write("#q", "hop")
    ann.sees_names("Grace Hopper")
    ann.press("Grace Hopper")
    ann.has("age", "85")
    ann.fill(age="86")
    ann.press("Save changes")
    ann.sees("The changes are saved.")
    assert ann.browser.run("return document.title") == "Grace Hopper · Users"
    [user] = [it for it in send(server.url, "GET", "/users").json["users"] if it["name"] == "Grace Hopper"]
    assert user["age"] == 86
    ann.press("Delete user")
    ann.sees("Grace Hopper will be deleted. Nothing has been sent yet.")
    ann.sees_names()
    assert read(server, user)["name"] == "Grace Hopper"
    ann.press("Undo")
    ann.sees_names("Grace Hopper")
    ann.press("Grace Hopper")
    ann.press("Delete user")
    ann.press("Delete now")
    ann.sees("Grace Hopper was deleted.", "#said")
    assert read(server, user)["code"] == "user_not_found"


def test_a_deletion_is_sent_when_its_time_is_over_and_not_while_a_person_is_at_it(server, ann):
    user = created(server, "Evelyn Boyd")
    ann.open(f"#/users/{user['userId']}")
    ann.has("name", "Evelyn Boyd")
    ann.browser.run("[...document.querySelectorAll('button.danger')][0].focus()")
    ann.browser.type("button.danger", "\ue007")  # Enter
    ann.browser.until("return document.activeElement.textContent === 'Undo'")
    ann.sees("In 8 s", ".notice")
    ann.browser.run("return new Promise((done) => setTimeout(done, 2500))")
    ann.sees("In 8 s", ".notice")
    ann.browser.run("document.activeElement.blur()")
    ann.sees("Evelyn Boyd was deleted.", "#said")
    assert read(server, user)["code"] == "user_not_found"


def test_what_is_wrong_stands_at_its_field(server, ann):
    ann.open("#/new")
    ann.fill(name="", email="not an address", age="900")
    ann.press("Create user")
    ann.sees("This field is needed.", "#error-name")
    ann.sees("This is not an email address.", "#error-email")
    ann.sees("This is out of range.", "#error-age")
    assert ann.browser.run("return document.activeElement.id") == "field-name"
    request = ann.browser.run("return document.querySelector('.failure code').textContent")
    assert str(uuid.UUID(request)) == request


def test_a_conflict_shows_both_and_keeps_what_does_not_clash(server, ann, bob):
    user = created(server, "Joan Clarke", age=30)
    for person in (ann, bob):
        person.open(f"#/users/{user['userId']}")
        person.has("age", "30")
    bob.fill(name="Joan Murray", age="31")
    ann.fill(email="joan@bletchley.example.com", age="32")
    bob.press("Save changes")
    bob.sees("The changes are saved.")
    ann.sees("Somebody else has changed this user meanwhile")
    ann.has("name", "Joan Murray")
    ann.has("age", "32")
    ann.has("email", "joan@bletchley.example.com")
    ann.sees("31", ".conflict fieldset")
    ann.browser.run("document.querySelector('input[value=theirs]').click()")
    ann.has("age", "31")
    ann.press("Save changes")
    ann.sees("The changes are saved.")
    found = read(server, user)
    assert (found["name"], found["age"], found["email"]) == ("Joan Murray", 31, "joan@bletchley.example.com")


def test_no_version_is_overwritten_that_nobody_has_seen(server, ann):
    """Without a live message too: the write names the version that the person has seen."""
    user = created(server, "Mary Jackson", age=40)
    ann.browser.tools("Network.enable")
    ann.browser.tools("Network.setBlockedURLs", urls=["*/live/tickets"])
    ann.open(f"#/users/{user['userId']}")
    ann.has("age", "40")
    assert send(server.url, "PATCH", f"/users/{user['userId']}", {"age": 41}).status == 200
    ann.fill(age="42")
    ann.press("Save changes")
    ann.sees("Somebody else has changed this user meanwhile")
    assert read(server, user)["age"] == 41
    ann.press("Save changes")  # having seen both
    ann.sees("The changes are saved.")
    assert read(server, user)["age"] == 42
    ann.browser.tools("Network.setBlockedURLs", urls=[])


def test_a_change_of_somebody_else_arrives_without_a_reload(server, ann):
    user = created(server, "Dorothy Vaughan")
    ann.open(f"#/users/{user['userId']}")
    ann.has("name", "Dorothy Vaughan")
    ann.sees("Live", "#live")
    send(server.url, "PATCH", f"/users/{user['userId']}", {"name": "Dorothy Johnson Vaughan"})
    ann.has("name", "Dorothy Johnson Vaughan")
    ann.browser.until(
        "return [...document.querySelectorAll('#rows a')].some((it) => it.textContent === 'Dorothy Johnson Vaughan')"
    )
    send(server.url, "DELETE", f"/users/{user['userId']}")
    ann.sees("This user does not exist any more.")


MERGES = [  # base, mine, theirs; then what is merged, which fields clash, which have become theirs
    (("A", "a@b", "1"), ("A", "a@b", "1"), ("B", "a@b", "1"), ("B", "a@b", "1"), [], ["name"]),
    (("A", "a@b", "1"), ("B", "a@b", "1"), ("A", "c@d", "1"), ("B", "c@d", "1"), [], ["email"]),
    (("A", "a@b", "1"), ("B", "a@b", ""), ("C", "a@b", "1"), ("B", "a@b", ""), ["name"], []),
    (("A", "a@b", "1"), ("B", "a@b", "1"), ("B", "a@b", "1"), ("B", "a@b", "1"), [], []),
    (("A", "a@b", "1"), ("B", "c@d", "2"), ("C", "e@f", ""), ("B", "c@d", "2"), ["name", "email", "age"], []),
]


def test_two_changes_are_merged_field_by_field(ann):
    ann.open()
    merge = "const { merge } = await import('/console/user/merge.js'); return merge(...arguments)"
    for base, mine, theirs, merged, clashes, taken in MERGES:
        found = ann.browser.run(merge, *(dict(zip(FIELDS, it, strict=True)) for it in (base, mine, theirs)))
        assert found == {"merged": dict(zip(FIELDS, merged, strict=True)), "clashes": clashes, "taken": taken}


def test_a_draft_outlives_a_look_at_somebody_else(server, ann):
    one, other = created(server, "Draft One"), created(server, "Draft Two")
    ann.open(f"#/users/{one['userId']}")
    ann.has("name", "Draft One")
    ann.fill(name="Draft Changed")
    ann.browser.run("location.hash = arguments[0]", f"#/users/{other['userId']}")
    ann.has("name", "Draft Two")
    ann.browser.run("history.back()")
    ann.has("name", "Draft Changed")
    ann.sees("Your changes from before are not saved yet.")
    ann.press("Save changes")
    ann.sees("The changes are saved.")
    assert read(server, one)["name"] == "Draft Changed"


def test_a_long_list_comes_page_by_page(server, ann):
    emptied(server)
    for number in range(60):
        created(server, f"User {number:02}", age=20 + number)
    ann.open("#/?sort=name")
    ann.sees("Page 1")
    ann.browser.until("return document.querySelectorAll('#rows tr').length === 25")
    ann.sees("60 users", "#count")
    for page, last in ((2, "User 49"), (3, "User 59")):
        ann.press("Next")
        ann.sees(f"Page {page}")
        ann.browser.until("return document.querySelector('#rows tr:last-child a').textContent === arguments[0]", last)
    assert ann.browser.run("return document.querySelector('#next').disabled")
    ann.press("Previous")
    ann.sees("Page 2")
    ann.open("#/?sort=-name&minAge=30&maxAge=32")
    ann.sees_names("User 12", "User 11", "User 10")
    ann.sees("(3)", "#active")


def test_the_trail_of_a_user_is_shown(server, ann):
    user = created(server, "Annie Easley")
    send(server.url, "PATCH", f"/users/{user['userId']}", {"age": 44})
    until(lambda: send(server.url, "GET", f"/users/{user['userId']}/audit").json.get("count"), lambda n: n == 2)
    ann.open(f"#/users/{user['userId']}")
    ann.browser.until("return document.querySelector('details.section')")
    ann.browser.run("document.querySelector('details.section').open = true")
    ann.sees("Changed: Age", ".trail")
    ann.sees("Created: Name, Email", ".trail")


def test_a_picture_is_uploaded_and_removed(server, ann, tmp_path):
    user = created(server, "Melba Mouton")
    (tmp_path / "melba.png").write_bytes(picture("red", "PNG"))
    (tmp_path / "melba.txt").write_text("no picture")
    ann.open(f"#/users/{user['userId']}")
    ann.has("name", "Melba Mouton")
    ann.browser.type("#picture", str(tmp_path / "melba.txt"))
    ann.sees("not a JPEG, PNG or WebP picture")
    ann.browser.type("#picture", str(tmp_path / "melba.png"))
    ann.browser.until("return document.querySelector('.picture img')?.naturalWidth === 512")
    ann.press("Remove picture")
    ann.browser.until("return !document.querySelector('.picture img')")
    assert send(server.url, "GET", f"/users/{user['userId']}/avatar").status == 404


def test_a_file_is_imported_and_all_users_are_exported(server, ann, tmp_path):
    emptied(server)
    file = tmp_path / "people.csv"
    file.write_text("name;email;age\r\nKatherine Johnson;kj@example.com;36\r\nNobody;;200\r\n")
    ann.open("#/transfers")
    ann.browser.until("return document.querySelector('#import')")
    ann.browser.type("#import", str(file))
    ann.press("Start import")
    ann.browser.until("return document.querySelector('.report')", patience=60)
    ann.sees("Users created: 1. Rows rejected: 1.", ".report")
    ann.sees("Row 3: Email: This field is needed. Age: This is out of range.", ".report")
    ann.press("Start export")
    ann.sees("1 user exported.", "main")
    links = ann.browser.run("return [...document.querySelectorAll('.report ul a')].map((it) => it.href)")
    assert "Katherine Johnson" in b"".join(gzip.decompress(fetched(link)) for link in links).decode()
    ann.press("Back to the list")
    ann.sees_names("Katherine Johnson")
    ann.press("Import and export")
    ann.sees("Users created: 1. Rows rejected: 1.", ".report")  # still there
