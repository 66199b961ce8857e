"""The data folder holds personal data: nobody but its owner can read it, whatever the umask is."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.raw import ask
from tests.support.server import Server

pytestmark = [pytest.mark.slow, pytest.mark.local_only]
KEEPS = {"journal", "state", "s3", ".users-api-tmp", "port", "lock", "access.log", "api-keys.json"}


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, str]:
    """The mode of the folder and of all in it that is not as it should be."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        mode = stat.S_IMODE(path.lstat().st_mode)
        if mode != (0o700 if path.is_dir() else 0o600):
            found[str(path.relative_to(folder))] = oct(mode)
    return found


def used(data: Path) -> set[tuple[str, str]]:
    """Run it over a folder, with a user, an object and a key; what has other modes than it should."""
    with Server("ApiKeyRequired=true", data=str(data)) as running:
        ask(running.url, "Host: localhost", target="/users")
        client = running.client("s3")
        client.create_bucket(Bucket="pictures")
        client.put_object(Bucket="pictures", Key="of/ann.txt", Body=b"Ann")
        assert {path.name for path in data.iterdir()} >= KEEPS
        return set(modes(data).items())


def test_a_new_folder_is_private(tmp_path, umask):
    assert used(tmp_path / "new" / "data") == set()


def test_a_folder_with_wider_rights_is_narrowed(tmp_path):
    data = tmp_path / "data"
    used(data)
    (data / "access.1.log").write_text("an older line")
    for path in [data, *data.rglob("*")]:
        path.chmod(0o777 if path.is_dir() else 0o666)
    assert used(data) == set()


def test_an_empty_folder_is_narrowed(tmp_path):
    (data := tmp_path / "data").mkdir(mode=0o755)
    assert used(data) == set()


def test_somebodys_own_folder_keeps_its_rights_and_what_is_added_is_private(tmp_path):
    (data := tmp_path / "own").mkdir()
    (data / "mine.txt").write_text("mine")
    for path, mode in ((data, 0o755), (data / "mine.txt", 0o644)):
        path.chmod(mode)
    assert used(data) == {(".", "0o755"), ("mine.txt", "0o644")}


def test_a_shared_folder_stays_shared(tmp_path):
    (data := tmp_path / "shared").mkdir()
    data.chmod(0o1777)
    assert used(data) == {(".", "0o1777")}


def test_a_link_to_the_folder_is_followed(tmp_path):
    (real := tmp_path / "real").mkdir(mode=0o755)
    (tmp_path / "data").symlink_to(real)
    used(tmp_path / "data")
    assert modes(real) == {}
