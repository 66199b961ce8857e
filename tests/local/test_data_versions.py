"""A data folder that another version wrote: an older one is read with all its users, a newer one is left as it is.

`older_data` is what `make run` of the first version of the format left after a kill: a snapshot, and a log after it.
It may only be read: a folder that this version writes proves nothing about older ones.
"""

from __future__ import annotations

import gzip
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from local.aws.emulator.errors import AWSError
from local.aws.start import start
from tests.local.test_data_folder import everything
from tests.support.server import Server

pytestmark = [pytest.mark.slow, pytest.mark.local_only]

OLDER = Path(__file__).parent / "older_data"
EMAILS = {
    "Rear Admiral Grace Hopper": "hopper@example.com",
    "Annie Easley": "annie@example.com",
    "Katherine Johnson": "katherine@example.com",
    "Zoë Müller": "zoe@münchen.de",
}


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A copy of the older folder."""
    (journal := tmp_path / "journal").mkdir()
    for file in OLDER.glob("*.gz"):
        (journal / file.stem).write_bytes(gzip.decompress(file.read_bytes()))
    return tmp_path


def call(server: Server, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
    """Status and JSON of a response."""
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(server.url + path, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, json.loads(response.read() or "null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def users(server: Server) -> dict[str, dict[str, Any]]:
    """All users by id."""
    return {user["userId"]: user for user in call(server, "GET", "/users")[1]["users"]}


def test_all_users_of_an_older_folder_are_there(older):
    with Server(data=str(older)) as server:
        assert {user["name"]: user["email"] for user in users(server).values()} == EMAILS


def test_users_of_an_older_folder_can_be_changed_and_deleted_and_stay_so(older):
    with Server(data=str(older)) as server:
        first, *others = users(server)
        assert call(server, "DELETE", f"/users/{first}")[0] == 200
        for number, user in enumerate(others):
            assert call(server, "PATCH", f"/users/{user}", {"name": f"Name {number}", "age": 40 + number})[0] == 200
        changed = users(server)
    assert [user["name"] for user in changed.values()] == ["Name 0", "Name 1", "Name 2"]
    with Server(data=str(older)) as server:
        assert users(server) == changed


def test_claims_of_an_older_folder_hold(older):
    with Server(data=str(older)) as server:
        for email in EMAILS.values():
            assert call(server, "POST", "/users", {"name": "Somebody", "email": email})[0] == 409
        for free in ("grace@example.com", "ada@example.com"):  # one was changed, one deleted
            assert call(server, "POST", "/users", {"name": "Somebody", "email": free})[0] == 201


@pytest.mark.parametrize("file", ["00000001.log", "00000001.snapshot"])
@pytest.mark.parametrize("version", [b"2", b"10", b"1.1"])
def test_a_newer_folder_is_one_sentence_and_is_left_as_it_is(older, file, version):
    newer = older / "journal" / file
    newer.write_bytes(newer.read_bytes().replace(b"journal 1\n", b"journal %s\n" % version, 1))
    (older / "port").write_text("1")
    older.chmod(0o755)
    (older / "lock").touch()
    before = everything(older)
    with pytest.raises(AWSError) as told:
        start(older)
    assert str(told.value) == (
        f"{newer} was not written by this version; run the version that wrote it,"
        f" or move the folder {newer.parent} away to start from scratch"
    )
    assert everything(older) == before
