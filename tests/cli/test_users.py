"""One user at a time, and lists of them."""

from __future__ import annotations

import json
import shlex
import subprocess
import time
import uuid

import pytest

from tests.api.client import address, send
from tests.cli.conftest import Run
from tests.support.server import Server, free_port
from tests.support.terminal import talk
from users_cli.client import Api

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def ada(server: Server) -> dict[str, str]:
    """A user that is there."""
    user: dict[str, str] = send(server.url, "POST", "/users", {"name": "Ada", "email": address(), "age": 36}).json
    return user


def test_a_user_is_created_read_changed_and_deleted(users: Run) -> None:
    email = address()
    made = users("create", "--name", "Ada", "--email", email, "--age", "36", "--json")
    assert (made.status, made.err) == (0, "")
    user = made.json
    assert (user["name"], user["email"], user["age"], user["etag"]) == ("Ada", email, 36, '"1"')
    assert users("get", user["userId"], "--json").json == user
    changed = users("update", user["userId"], "--name", "Ada Lovelace", "--no-age", "--json").json
    assert (changed["name"], changed["etag"], "age" in changed) == ("Ada Lovelace", '"2"', False)
    assert users("delete", user["userId"], "--yes").out == "User deleted.\n"
    assert users("get", user["userId"]).status == 3


def test_people_see_a_line_for_each_field(users: Run, ada: dict[str, str]) -> None:
    shown = users("get", ada["userId"])
    assert [line.split(maxsplit=1) for line in shown.out.splitlines()] == [
        *([name, str(value)] for name, value in ada.items()),
        ["etag", '"1"'],
    ]


def test_the_errors_are_the_sentences_of_the_api(users: Run) -> None:
    refused = users("create", "--email", "x")
    assert (refused.status, refused.out) == (1, "")
    first, *fields, request = refused.err.splitlines()
    assert first == "users: Invalid user"
    assert fields[0] == "  name: name is required."
    assert fields[1].startswith("  email: email must have ")
    assert request.startswith("  request id: ")


def test_programs_get_the_problem_document(users: Run, server: Server) -> None:
    refused = users("get", NOBODY, "--json")
    problem = json.loads(refused.err)
    expected = send(server.url, "GET", f"/users/{NOBODY}").json
    for name in ("instance", "requestId"):
        assert problem.pop(name) != expected.pop(name)
    assert problem == expected


def test_an_email_in_use_is_a_conflict(users: Run, ada: dict[str, str]) -> None:
    refused = users("create", "--name", "A", "--email", ada["email"])
    assert refused.status == 4
    assert refused.err.startswith("users: Email in use: ")


def test_a_create_with_a_key_is_safe_to_repeat(users: Run) -> None:
    command = ["create", "--name", "A", "--email", address(), "--idempotency-key", uuid.uuid4().hex, "--json"]
    assert users(*command).json == users(*command).json


def test_an_update_of_what_has_changed_shows_the_conflict(users: Run, server: Server, ada: dict[str, str]) -> None:
    send(server.url, "PATCH", f"/users/{ada['userId']}", {"name": "Augusta"})
    refused = users("update", ada["userId"], "--name", "Ada L.", "--if-match", "1")
    assert refused.status == 4
    assert refused.err.splitlines()[2:] == [
        '  The user is now (tag "2"):',
        '    name "Augusta", your change "Ada L."',
        f'    email "{ada["email"]}"',
        "    age 36",
    ]
    problem = json.loads(users("update", ada["userId"], "--name", "A", "--if-match", '"1"', "--json").err)
    assert (problem["code"], problem["current"]["name"]) == ("precondition_failed", "Augusta")


def test_an_update_never_overwrites_what_came_between(users: Run, server: Server, ada: dict[str, str], monkeypatch):
    """Somebody else writes after this command has read the user."""
    real = Api.request

    def request(self, method, path, **how):
        if method == "PATCH":
            send(server.url, "PATCH", path, {"name": "Augusta"})
        return real(self, method, path, **how)

    monkeypatch.setattr(Api, "request", request)
    refused = users("update", ada["userId"], "--name", "Ada L.")
    assert refused.status == 4
    assert '    name "Augusta", when read "Ada", your change "Ada L."' in refused.err.splitlines()
    assert send(server.url, "GET", f"/users/{ada['userId']}").json["name"] == "Augusta"


def test_an_update_without_a_field_is_wrong_usage(users: Run) -> None:
    assert users("update", NOBODY).status == 2
    assert users("update", NOBODY, "--age", "3", "--no-age").status == 2


def test_a_deletion_asks_on_a_terminal_and_nowhere_else(users: Run, server: Server, ada: dict[str, str]) -> None:
    assert users("delete", ada["userId"]).status == 2
    assert users("get", ada["userId"]).status == 0


@pytest.mark.parametrize(("answer", "status", "left"), [("n", 1, 200), ("y", 0, 404)])
def test_a_deletion_asks_about_the_user_that_it_deletes(
    users: Run, server: Server, ada: dict[str, str], program, answer: str, status: int, left: int
) -> None:
    command, environment = program
    question = f"Delete Ada ({ada['email']})? [y/N]:"
    ended, screen = talk([*command, "delete", ada["userId"]], environment, {question: answer})
    assert question in screen
    assert (ended, send(server.url, "GET", f"/users/{ada['userId']}").status) == (status, left)


def test_a_list_is_a_line_for_each_user_for_programs_and_a_table_for_people(users: Run, server: Server, ada) -> None:
    everybody = users("list", "--all", "--json").lines
    assert ada["userId"] in [user["userId"] for user in everybody]
    heading, *rows = users("list", "--all").out.splitlines()
    assert heading.split() == ["userId", "name", "email", "age", "createdAt"]
    assert len(rows) == len(everybody)
    assert any(row.split() == [ada[name] if name != "age" else "36" for name in heading.split()] for row in rows)


def test_a_list_says_that_there_is_more(users: Run, server: Server, ada) -> None:
    send(server.url, "POST", "/users", {"name": "Bob", "email": address()})
    some = users("list", "--limit", "1", "--json")
    assert len(some.lines) == 1
    assert some.err == "There are more users. Show them with --limit or --all.\n"
    assert users("list", "--all").err == ""


def test_a_user_is_found_by_email_and_a_wrong_query_is_refused(users: Run, ada: dict[str, str]) -> None:
    found = users("search", "--email", ada["email"].upper(), "--fields", "name", "--json")
    assert found.err == ""
    assert found.lines == [{"userId": ada["userId"], "name": "Ada"}]
    refused = users("search", "--min-age", "many")
    assert refused.status == 2
    refused = users("search", "--created-after", "today")
    assert refused.status == 1
    assert refused.err.startswith("users: Invalid query: createdAfter ")


def test_the_audit_trail_says_who_did_what(users: Run, ada: dict[str, str]) -> None:
    until = time.monotonic() + 20
    while (found := users("audit", ada["userId"], "--json")).status == 3 and time.monotonic() < until:
        time.sleep(0.1)
    assert [entry["type"] for entry in found.lines] == ["UserCreated"]
    assert "UserCreated" in users("audit", ada["userId"]).out


def test_a_reader_who_has_seen_enough_is_no_error(users: Run, ada, program) -> None:
    command, environment = program
    shell = f"{shlex.quote(command[0])} list --all --json | head -n 1"
    done = subprocess.run(["bash", "-c", shell], env=environment, capture_output=True, text=True)
    assert len(done.stdout.splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_nothing_responds(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("USERS_URL", url)
    ended = run("list")
    assert ended.status == 6
    assert ended.err.startswith(f"users: Nothing responds at {url} (")


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com",
        "ftp://localhost",
        "http://localhost:99999",
        "https://[",
        "https://x@api.example.com",
        "localhost",
    ],
)
def test_an_address_that_secrets_must_not_be_sent_to_is_wrong_usage(run: Run, monkeypatch, url: str) -> None:
    monkeypatch.setenv("USERS_URL", url)
    assert run("list").status == 2


@pytest.mark.parametrize("arguments", [["lst"], ["get"], ["list", "--limit", "0"], ["list", "--api-key", "k"]])
def test_wrong_usage(run: Run, arguments: list[str]) -> None:
    ended = run(*arguments)
    assert ended.status == 2
    assert ended.err.startswith("Usage: users")


def test_the_version_and_the_help(run: Run) -> None:
    assert run("--version").out.startswith("users 0.")
    assert run("list", "--help").status == 0
    assert run().status == 2


def test_the_installed_program_is_this_one(program) -> None:
    command, environment = program
    done = subprocess.run([*command, "--version"], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("users 0.")
