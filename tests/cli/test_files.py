"""Files of users: what is read, what is sent, what is refused, and how an import or an export goes on."""

from __future__ import annotations

import json
import re
import resource
import signal
import subprocess
import time
import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.api.client import address, send
from tests.cli.conftest import Run
from tests.cli.stand_in import StandIn, unreliable
from tests.support.server import Server
from tests.support.terminal import talk
from transfers import cells
from users_cli import exporting, journal, table_files
from users_cli.journal import Journal


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of two users, one of whom cannot be created, and an empty row."""
    path = tmp_path / "people.csv"
    path.write_text(f"name;email;age\r\nAda;{address()};36\r\n\r\nNobody;;200\r\n", newline="")
    return path


def posts(server: Server) -> int:
    """How many creates the server has seen."""
    time.sleep(0.2)  # its lines come a moment later
    return server.output.count(" POST    /users ")


def people(path: Path, count: int) -> list[str]:
    """Write so many users as NDJSON; their emails."""
    emails = [address() for _ in range(count)]
    path.write_text("".join(json.dumps({"name": f"Person {it}", "email": it}) + "\n" for it in emails))
    return emails


# -- import ----------------------------------------------------------------------------------------------------------


def test_each_row_becomes_a_user_or_a_problem(users: Run, server: Server, file: Path) -> None:
    done = users("import", str(file), "--json")
    assert done.status == 1
    refused = file.with_name("people.csv.errors.ndjson")
    assert {**done.json, "import": ""} == {
        "rows": 2,
        "done": 2,
        "created": 1,
        "refused": 1,
        "import": "",
        "errors": str(refused),
    }
    [problem] = [json.loads(line) for line in refused.read_text().splitlines()]
    assert (problem["row"], problem["code"]) == (4, "invalid_user")
    assert [error["pointer"] for error in problem["errors"]] == ["/email", "/age"]
    created = journal.read(file.with_name("people.csv.users-import"))[1][2]["userId"]
    assert users("get", created, "--json").json["age"] == 36


def test_the_same_command_sends_no_row_twice(users: Run, server: Server, file: Path) -> None:
    first = users("import", str(file))
    assert first.out == "2 of 2 rows are done: 1 created, 1 refused.\n"
    before = posts(server)
    again = users("import", str(file))
    assert again.status == first.status
    assert again.out == "2 of 2 rows are done, 2 of them earlier: 1 created, 1 refused.\n"
    assert posts(server) == before
    other = users("import", str(file), "--restart", "--json").json
    assert (other["created"], other["refused"]) == (0, 2), "it is another import, and the email is in use"


def keys_of_each_attempt(self: Journal, row: int) -> str:
    """A wrong version: the key of a row does not outlive the process."""
    return str(uuid.uuid4())


@pytest.mark.parametrize(("key", "created"), [(Journal.key, 20), (keys_of_each_attempt, 10)])
def test_a_row_whose_response_was_lost_is_the_user_that_it_has_created(
    users: Run, tmp_path: Path, monkeypatch, key, created: int
) -> None:
    monkeypatch.setattr(Journal, "key", key)
    file, kept = tmp_path / "people.ndjson", tmp_path / "people.ndjson.users-import"
    people(file, 20)
    assert users("import", str(file)).status == 0
    before = journal.read(kept)[1]
    lines = kept.read_bytes().splitlines(keepends=True)
    kept.write_bytes(b"".join(lines[:11]) + lines[11][:7])  # as a crash leaves it
    assert users("import", str(file), "--json").json["created"] == created
    assert (journal.read(kept)[1] == before) == (created == 20)


def test_a_killed_import_goes_on_and_creates_each_user_once(
    users: Run, server: Server, tmp_path: Path, program
) -> None:
    command, environment = program
    file, kept = tmp_path / "people.ndjson", tmp_path / "people.ndjson.users-import"
    emails = people(file, 150)
    for how, rows in ((signal.SIGKILL, 20), (signal.SIGINT, 60)):
        with subprocess.Popen(
            [*command, "import", file], env=environment, stdout=subprocess.PIPE, text=True
        ) as process:
            while not (kept.exists() and kept.read_bytes().count(b"\n") > rows) and process.poll() is None:
                time.sleep(0.005)
            process.send_signal(how)
            said = process.communicate()[0]
        assert process.returncode == (-signal.SIGKILL if how == signal.SIGKILL else 130)
        assert (" of 150 rows are done" in said) == (how == signal.SIGINT)
    assert users("import", str(file)).status == 0
    done = journal.read(kept)[1]
    assert len({it["userId"] for it in done.values()}) == len(done) == 150
    everybody = [user["email"] for user in users("list", "--all", "--json").lines]
    assert sorted(email for email in everybody if email in set(emails)) == sorted(emails)


def test_people_at_a_terminal_see_how_far_and_how_fast_it_is(tmp_path: Path, program) -> None:
    command, environment = program
    file = tmp_path / "people.ndjson"
    people(file, 20)
    status, screen = talk([*command, "import", str(file)], environment, {})
    assert status == 0
    assert "20/20" in screen
    assert re.search(r"\d/s", screen)
    assert "20 of 20 rows are done: 20 created, 0 refused." in screen


def test_a_changed_file_and_another_api_are_noticed(users: Run, server: Server, file: Path, monkeypatch) -> None:
    users("import", str(file))
    file.write_text(file.read_text() + f"Bob;{address()};\n")
    refused = users("import", str(file))
    assert refused.status == 2
    assert "is of another content of the file" in refused.err
    monkeypatch.setenv("USERS_URL", server.url.replace("127.0.0.1", "localhost"))
    assert "is of another API" in users("import", str(file)).err


def test_an_api_that_is_gone_stops_the_import_and_no_row_is_lost(users: Run, tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "people.ndjson"
    people(file, 40)
    gone = {"status": 401, "code": "unauthorized", "title": "Unauthorized", "detail": "No."}
    with StandIn(lambda method, number: None if number <= 10 else (401, {}, gone)) as api:
        monkeypatch.setenv("USERS_URL", api.url)
        ended = users("import", str(file), "--json", "--parallel", "2")
        assert ended.status == 5
        assert (ended.json["done"], ended.json["refused"]) == (10, 0)
        api.reply = lambda method, number: None
        assert users("import", str(file)).status == 0
        assert len(api.created) == 40


@pytest.mark.parametrize("rows", [200, pytest.param(100_000, marks=[pytest.mark.deep, pytest.mark.timeout(1800)])])
def test_through_every_failure_each_row_creates_one_user(run: Run, tmp_path: Path, monkeypatch, rows: int) -> None:
    monkeypatch.setattr("users_cli.waits.FIRST_SECONDS", 0.001)
    monkeypatch.setattr("users_cli.importing.ATTEMPTS", 30)
    file = tmp_path / "people.csv"
    with file.open("w") as written:
        written.write("name,email\n")
        written.writelines(f"Person {number},{number}@example.com\n" for number in range(rows))
    with StandIn(unreliable(rows)) as api:
        monkeypatch.setenv("USERS_URL", api.url)
        before = most_memory()
        done = run("import", str(file), "--parallel", "4", "--json")
        assert done.status == 0, done.err
        assert len(api.created) == rows
        assert {user["email"] for user in api.created.values()} == {f"{number}@example.com" for number in range(rows)}
        assert len(api.seen) > rows * 1.2, "requests have failed"
    print(f"\n{rows} rows, {len(api.seen)} requests, {most_memory() - before} KiB more")


def most_memory() -> int:
    """The most KiB that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_a_dry_run_creates_nobody_and_tells_what_the_api_would_refuse(users: Run, server: Server, file: Path) -> None:
    before = posts(server)
    done = users("import", str(file), "--dry-run", "--json")
    assert (done.status, done.json) == (1, {"rows": 2, "checkedBy": "api", "refused": 1}), done.err
    [problem] = [json.loads(line) for line in file.with_name("people.csv.errors.ndjson").read_text().splitlines()]
    assert (problem["row"], problem["code"]) == (4, "invalid_user")
    assert posts(server) == before
    assert not file.with_name("people.csv.users-import").exists()


def test_a_dry_run_where_the_api_has_no_imports_checks_the_file(run: Run, file: Path, monkeypatch) -> None:
    missing = {"status": 404, "code": "route_not_found", "title": "Route not found", "detail": "No."}
    with StandIn(lambda method, number: (404, {}, missing)) as api:
        monkeypatch.setenv("USERS_URL", api.url)
        assert run("import", str(file), "--dry-run", "--json").json == {"rows": 2, "checkedBy": "file", "refused": 0}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", b"x", "does not say what the file is"),
        ("a.csv", b"name,name\nx,y\n", "must name each field once"),
        ("a.csv", b"", "must name each field once"),
        ("a.csv", b"name,email\nx,y,z\n", "Row 2 has 3 cells"),
        ("a.csv", b'name,email\n"x"y,z\n', "is not CSV"),
        ("a.csv", b"name,email\n\xe4,z\n", "is not text in this charset"),
        ("none.csv", None, "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_creates_nobody(run: Run, tmp_path: Path, name: str, content, said: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    ended = run("import", str(path))
    assert ended.status == 2
    assert said in ended.err


@pytest.mark.parametrize(
    ("name", "content", "charset", "expected"),
    [
        ("a.csv", "\ufeffname,email\nÄda,a@b.co\n".encode(), "utf-8", [(2, {"name": "Äda", "email": "a@b.co"})]),
        ("a.csv", "name\tage\nA\t 7\n".encode("utf-16"), "utf-8", [(2, {"name": "A", "age": 7})]),
        ("a.csv", b"name|age\n\xc4|x\n", "windows-1252", [(2, {"name": "Ä", "age": "x"})]),
        ("a.csv", b'sep=;\r\nname;email\r\n"a;\n""b""";c\r\n', "utf-8", [(2, {"name": 'a;\n"b"', "email": "c"})]),
        ("a.csv", b"userId,name,createdAt\n1,'=x,2\n", "utf-8", [(2, {"name": "=x"})]),
        ("a.ndjson", b'\n{"name": "A"}\n', "utf-8", [(2, {"name": "A"})]),
        ("a.ndjson", b'{"userId": "1", "name": "A"}\n', "utf-8", [(1, {"name": "A"})]),
    ],
)
def test_files_are_read_as_the_imports_of_the_api_read_them(tmp_path: Path, name, content, charset, expected) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    found = table_files.rows(path, table_files.format_of(path, None), charset)
    assert [(row.number, json.loads(row.body)) for row in found] == expected


@pytest.mark.parametrize(
    "line", ["{", "[1]", '{"name": "A", "name": "B", "userId": "1"}', '{"userId": ' + "[" * 100_000]
)
def test_a_line_that_is_not_an_object_is_for_the_api_to_judge(line: str) -> None:
    assert table_files.without_server_fields(line) == line.encode()


@given(st.text(alphabet="=+-@\t\r\n'\",;|ab＝", max_size=12))
def test_cells_are_those_of_the_exports_of_the_api(text: str) -> None:
    assert table_files._UNSAFE.sub(r"\1'", text) == cells.safe(text)
    assert table_files.value_of("name", text) == cells.value_of("name", text) or text.strip().isdigit()
    assert table_files._SAFE.sub(r"\1", cells.safe(text)) == text


# -- export ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def three_pages(users: Run, server: Server, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Some users, with pages so small that there are three; the emails of all."""
    for number in range(3):
        send(server.url, "POST", "/users", {"name": f'\'=A{number}, "ä"', "email": address()})
    everybody = users("list", "--all", "--json").lines
    monkeypatch.setattr(exporting, "PAGE", len(everybody) // 3)
    return sorted(user["email"] for user in everybody)


def read(path: Path) -> list[str]:
    """The emails of a file."""
    found = table_files.rows(path, table_files.format_of(path, None), "utf-8")
    return sorted(json.loads(row.body)["email"] for row in found)


def test_an_export_has_each_user_once_however_often_it_is_stopped(
    users: Run, three_pages: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = tmp_path / "all.ndjson"
    assert users("export", str(plain), "--json").json["users"] == len(three_pages)
    written = [json.loads(line) for line in plain.read_text().splitlines()]
    listed = users("list", "--all", "--json").lines
    assert sorted(written, key=lambda it: it["userId"]) == sorted(listed, key=lambda it: it["userId"])
    for name in ("all.csv", "again.ndjson"):
        stopped_after_each_page(users, tmp_path / name, monkeypatch)
        assert read(tmp_path / name) == three_pages
        assert sorted(path.name for path in tmp_path.glob(f"{name}*")) == [name]
    assert (tmp_path / "all.csv").read_bytes().startswith(b"\xef\xbb\xbfuserId,name,email,age,createdAt,updatedAt\r\n")


def test_a_dry_run_of_an_export_writes_nothing(users: Run, three_pages: list[str], tmp_path: Path) -> None:
    dry = users("export", str(tmp_path / "x.csv"), "--dry-run", "--json").json
    assert (dry["file"], dry["format"]) == (str(tmp_path / "x.csv"), "csv")
    assert list(tmp_path.glob("x.csv*")) == []


def stopped_after_each_page(run: Run, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Export with an end after each page, and after half a page was written."""
    with monkeypatch.context() as patched:
        patched.setattr("users_cli.progress.Bar.advance", stop)
        for _ in range(3):
            assert run("export", str(path)).status == 130
            with path.with_name(path.name + ".part").open("ab") as part:
                part.write(b"half a pa")
    assert run("export", str(path)).status == 0


def stop(*_: object) -> None:
    raise KeyboardInterrupt


def test_an_export_that_cannot_go_on_says_so(users: Run, three_pages: list[str], tmp_path: Path, monkeypatch) -> None:
    """A cursor that is not valid any more, and a place of another format."""
    path = tmp_path / "late.ndjson"
    with monkeypatch.context() as patched:
        patched.setattr("users_cli.progress.Bar.advance", stop)
        users("export", str(path))
    place = path.with_name(path.name + ".users-export")
    refused = users("export", str(path), "--format", "csv")
    assert (refused.status, "is of another export" in refused.err) == (2, True)
    kept = json.loads(place.read_text())
    place.write_text(json.dumps({**kept, "cursor": "x"}))
    assert users("export", str(path)).status == 1
    assert users("export", str(path), "--restart", "--json").json["users"] == len(three_pages)
