"""Changed code is known at the next question, whether the kernel tells of changes or not."""

from __future__ import annotations

import gc
import os
import struct
import sys

import pytest

from local.functions import notices, watch
from local.functions.watch import Code

linux = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")


def silent():
    """A system that tells of no change."""
    raise OSError("no inotify")


@pytest.fixture(params=["told by the kernel", "looking"])
def code(request, tmp_path, monkeypatch):
    """A folder with code, on a clock that stands still: no look comes by time."""
    if request.param == "looking":
        monkeypatch.setattr(watch, "Notices", silent)
    elif sys.platform != "linux":
        pytest.skip("inotify is Linux's")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "late.py").write_text("word = 'a'\n")
    return Code(tmp_path, lambda: 0.0)


def write(folder):
    (folder / "parts" / "late.py").write_text("word = 'changed'\n")


def append(folder):
    with (folder / "parts" / "late.py").open("a") as file:
        file.write("more = 1\n")


def replace(folder):
    (folder / "new").write_text("word = 'b'\n")
    (folder / "new").rename(folder / "parts" / "late.py")


def remove(folder):
    (folder / "parts" / "late.py").unlink()


def add(folder):
    (folder / "added.py").write_text("")


def add_deep(folder):
    (folder / "one" / "two").mkdir(parents=True)
    (folder / "one" / "two" / "added.py").write_text("")


def rename_folder(folder):
    (folder / "parts").rename(folder / "pieces")


@pytest.mark.parametrize("change", [write, append, replace, remove, add, add_deep, rename_folder])
def test_a_change_is_seen_at_once_and_once(code, tmp_path, change):
    assert code.current() == code.current() == 0
    change(tmp_path)
    assert code.current() == code.current() == 1


def test_what_is_in_a_new_folder_is_seen_at_once_too(code, tmp_path):
    add_deep(tmp_path)
    before = code.current()
    (tmp_path / "one" / "two" / "added.py").write_text("x = 1\n")
    assert code.current() == before + 1


def test_byte_code_is_no_change(code, tmp_path):
    (tmp_path / "parts" / "__pycache__").mkdir()
    (tmp_path / "parts" / "__pycache__" / "late.pyc").write_bytes(b"1")
    assert code.current() == 0


@linux
def test_a_change_that_leaves_time_and_size_is_seen(tmp_path):
    path = tmp_path / "main.py"
    path.write_text("word = 'one'\n")
    status = path.stat()
    code = Code(tmp_path)
    path.write_text("word = 'two'\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert code.current() == 1


def test_what_the_kernel_does_not_tell_is_seen_a_moment_later(tmp_path, monkeypatch):
    clock = [0.0]
    code = Code(tmp_path, lambda: clock[0])
    monkeypatch.setattr(notices.Notices, "came", lambda _: False)  # a folder that another machine writes to
    (tmp_path / "main.py").write_text("")
    clock[0] = 2 * watch.LOOK_SECONDS
    assert code.current() == 1


@linux
def test_where_the_kernel_takes_no_more_folders_each_question_is_a_look(tmp_path, monkeypatch):
    code = Code(tmp_path, lambda: 0.0)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(notices.Notices, "watch", full)
    add_deep(tmp_path)
    assert code.current() == 1
    (tmp_path / "one" / "two" / "added.py").write_text("x = 1\n")
    assert code.current() == 2


def test_notices_that_were_lost_count_as_a_change():
    assert notices.any_change(struct.pack("iIII", -1, notices.OVERFLOW, 0, 0))
    assert not notices.any_change(struct.pack("iIII", 1, 0x8000, 0, 0))  # a watch that ended


@linux
def test_nothing_stays_open_when_nobody_asks_any_more(tmp_path):
    before = open_files()
    kept = Code(tmp_path)
    assert not open_files() <= before
    del kept
    for _ in range(3):
        Code(tmp_path)
    assert open_files() <= before


def open_files() -> set[tuple[str, str]]:
    """The numbers and targets of this process's open files, without those that only wait to be collected."""
    gc.collect()
    paths = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
    return {(path, os.path.realpath(path)) for path in paths if os.path.lexists(path)}
