"""Imports and exports at `make run`, from a file to the users and back."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.client import send
from tests.local.bulk import begun, ended, exported, fetched, imported, job, lines
from tests.local.test_sources import until
from tests.support.problems import assert_error
from tests.support.server import Server
from tests.support.uploads import upload

pytestmark = [pytest.mark.slow, pytest.mark.local_only]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server("ImportMegabytes=1") as running:
        yield running


def rows(mark: str, count: int, **more: Any) -> bytes:
    """NDJSON of users whose emails no other test has."""
    users = [{"name": f"N {it}", "email": f"{mark}-{it}@example.com", **more} for it in range(count)]
    return "".join(json.dumps(user) + "\n" for user in users).encode()


def marked() -> str:
    return uuid.uuid4().hex[:12]


def everyone(server: Server) -> dict[str, dict[str, Any]]:
    """All users by email."""
    found: dict[str, dict[str, Any]] = {}
    query = "?limit=100"
    while query:
        page = send(server.url, "GET", f"/users{query}").json
        found |= {user["email"]: user for user in page["users"]}
        query = f"?limit=100&lastKey={page['lastKey']}" if page.get("lastKey") else ""
    return found


def test_each_row_has_its_result_in_the_words_of_the_api(server):
    mark = marked()
    taken = {"name": "T", "email": f"{mark}-taken@example.com"}
    send(server.url, "POST", "/users", taken)
    wrong = {"name": "", "email": "x", "age": 200, "company": "C"}
    content = rows(mark, 2) + b"\n".join(
        [json.dumps(wrong).encode(), json.dumps(taken).encode(), b"{", b"", b'{"name": "A", "name": "B"}']
    )

    found = imported(server, content, format="ndjson")

    assert found["status"] == "completed"
    assert found["rows"] == {"total": 6, "done": 6, "created": 2, "valid": 0, "rejected": 4}
    assert [line["row"] for line in found["lines"]] == [1, 2, 3, 4, 5, 7]  # 6 is an empty line
    assert [line.get("code") for line in found["lines"]] == [
        *(None, None, "invalid_user", "email_in_use", "invalid_json", "duplicate_field")
    ]
    for line, document in ((found["lines"][2], wrong), (found["lines"][3], taken)):
        refused = send(server.url, "POST", "/users", document).json
        assert {name: line.get(name) for name in ("code", "title", "detail", "errors")} == {
            name: refused.get(name) for name in ("code", "title", "detail", "errors")
        }
    assert everyone(server)[f"{mark}-1@example.com"]["userId"] == found["lines"][1]["userId"]


def test_a_dry_run_creates_nothing(server):
    mark = marked()

    found = imported(server, rows(mark, 2) + rows(mark, 1, age=0), format="ndjson", dryRun=True)

    assert found["rows"] == {"total": 3, "done": 3, "created": 0, "valid": 2, "rejected": 1}
    assert not [email for email in everyone(server) if email.startswith(mark)]


def test_an_upload_that_is_repeated_creates_no_second_user(server):
    mark = marked()
    made = begun(server, format="ndjson")
    content = rows(mark, 30)
    assert [upload(made["upload"], content) for _ in range(3)] == [204, 204, 204]

    found = ended(server, f"/admin/imports/{made['importId']}")

    assert found["rows"] == {"total": 30, "done": 30, "created": 30, "valid": 0, "rejected": 0}
    assert len([email for email in everyone(server) if email.startswith(mark)]) == 30


@pytest.mark.parametrize(
    ("content", "members", "code"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", {"format": "ndjson"}, "invalid_charset"),
        (b"name,email\r\nJ\xf6rg,j@example.com\r\n", {"format": "csv"}, "invalid_charset"),
        (b"a\0b", {"format": "ndjson"}, "invalid_charset"),
        (b"\n\n", {"format": "ndjson"}, "no_rows"),
        (b"name,email\r\n", {"format": "csv"}, "no_rows"),
        (b"name,email,color\r\nA,a@example.com,red\r\n", {"format": "csv"}, "invalid_header"),
        (b'name,email\r\n"A,a@example.com\r\n', {"format": "csv"}, "invalid_csv"),
    ],
)
def test_a_file_that_is_no_list_of_rows_is_refused(server, content, members, code):
    found = imported(server, content, **members)

    assert (found["status"], found["problem"]["code"]) == ("failed", code)
    assert "results" not in found


def test_s3_refuses_a_file_that_is_empty_or_too_large(server):
    made = begun(server, format="csv")
    assert made["upload"]["maxBytes"] == 1_000_000
    assert upload(made["upload"], b"") == 400
    assert upload(made["upload"], b"x" * 1_000_001) == 400
    assert job(server, f"/admin/imports/{made['importId']}")["status"] == "waiting"


def test_what_is_not_there_is_not_found(server):
    for path, code in (("imports", "import_not_found"), ("exports", "export_not_found")):
        for name in (str(uuid.uuid4()), "x"):
            answer = send(server.url, "GET", f"/admin/{path}/{name}")
            assert_error(answer.status, answer.headers, answer.json, 404, code)


def test_what_excel_writes_is_read(server):
    mark = marked()
    text = (
        f'name;email;age\r\n"Jörg ""J"" Öz";{mark}-1@example.com;36\r\n'
        f'"two\r\nlines";{mark}-2@example.com;\r\n;;\r\n"semi;colon";{mark}-3@example.com;7\r\n'
    )

    for content in (text.encode("utf-8-sig"), text.encode("utf-16"), text.encode("cp1252")):
        charset = {"charset": "windows-1252"} if content == text.encode("cp1252") else {}
        found = imported(server, content, format="csv", dryRun=True, **charset)
        assert [(line["row"], line["status"]) for line in found["lines"]] == [
            *((2, "valid"), (3, "rejected"), (5, "valid"))
        ]
    found = imported(server, text.encode("utf-8-sig"), format="csv")
    users = everyone(server)
    assert (users[f"{mark}-1@example.com"]["name"], users[f"{mark}-1@example.com"]["age"]) == ('Jörg "J" Öz', 36)
    assert users[f"{mark}-3@example.com"]["name"] == "semi;colon"


FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "a;=1+1", "a,@b", "'=1", "''+1", "'plain", "＝1", 'q";=cmd|x!A1;"')


@pytest.mark.parametrize("form", [pytest.param("ndjson", marks=pytest.mark.deep), "csv"])
def test_an_export_is_imported_elsewhere_and_equal(server, form):
    mark = marked()
    imported(server, rows(mark, 10, age=30), format="ndjson")
    for number, name in enumerate(FORMULAS):
        sent = {"name": name, "email": f"{mark}-f{number}@example.com"}
        assert send(server.url, "POST", "/users", sent).status == 201
    users = everyone(server)

    found, files = exported(server, form)

    assert found["users"] == len(users)
    manifest = json.loads(fetched(found["manifest"]["url"]))
    assert manifest["users"] == len(users)
    for listed, file, content in zip(manifest["files"], found["files"], files, strict=True):
        digest = hashlib.sha256(content).hexdigest()
        assert digest == listed["sha256"] == file["sha256"]
        assert len(content) == listed["bytes"] == file["bytes"]
    with Server() as other:
        again = imported(other, joined(files, form), format=form, keepIds=True)
        assert again["rows"]["created"] == again["rows"]["total"] == len(users), again["lines"]
        assert everyone(other) == users
    if form == "csv":
        assert_safe(gzip.decompress(b"".join(files)).decode())


def joined(files: list[bytes], form: str) -> bytes:
    """The files of an export as one: of CSV, only the first header stays."""
    contents = [gzip.decompress(content) for content in files]
    if form == "ndjson":
        return b"".join(contents)
    return contents[0] + b"".join(content.partition(b"\r\n")[2] for content in contents[1:])


def assert_safe(text: str) -> None:
    """No cell begins a formula, whichever character a spreadsheet takes for the end of a cell."""
    for delimiter in ",;\t":
        for row in csv.reader(io.StringIO(text.replace("\ufeff", "")), delimiter=delimiter):
            assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))], row


@pytest.mark.deep  # its quick form is in tests/unit/steps, with a kill at each transaction
def test_an_import_goes_on_after_the_process_was_killed(tmp_path: Path):
    mark = marked()
    content = rows(mark, 200)
    server = slow(tmp_path)
    made = begun(server, format="ndjson")
    path = f"/admin/imports/{made['importId']}"
    assert upload(made["upload"], content) == 204
    before = until(lambda: everyone(server), lambda found: len(found) >= 15, 30)
    server.stop(signal.SIGKILL)

    server = slow(tmp_path)
    try:
        now = job(server, path)
        assert (now["status"], now["rows"]["done"]) == ("running", 0)
        made["upload"]["url"] = made["upload"]["url"].replace(*moved(made["upload"]["url"], server))
        assert upload(made["upload"], content) == 204
        found = ended(server, path)
        assert found["rows"] == {"total": 200, "done": 200, "created": 200, "valid": 0, "rejected": 0}
        users = everyone(server)
        assert len(users) == 200
        assert before.items() <= users.items()
        results = lines(fetched(found["results"]["url"]))
        assert [line["userId"] for line in results] == [
            users[f"{mark}-{it}@example.com"]["userId"] for it in range(200)
        ]
    finally:
        server.stop()


def slow(data: Path) -> Server:
    return Server("ImportRate=100 ImportConcurrency=4", data=str(data))


def moved(url: str, server: Server) -> tuple[str, str]:
    """Where the emulated AWS was, and where it is."""
    return url.rpartition("/")[0], server.dynamodb_endpoint
