"""local.journal: what was flushed comes back, what was torn does not, damage is told."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import io
import resource
from pathlib import Path

import pytest

from local.journal.log import Journal, NotKept, lock
from local.journal.records import HEADER, JournalError

GROUPS = [[b"one"], [b"two", b"three" * 20], [b"four"]]


def kept(folder: Path) -> list[bytes]:
    """All payloads that a new process would find."""
    journal = Journal(folder)
    payloads = list(journal.recover())
    journal.close()
    return payloads


def opened(folder: Path) -> Journal:
    """A journal open at its end."""
    journal = Journal(folder)
    list(journal.recover())
    return journal


def write(journal: Journal, *groups: list[bytes]) -> None:
    """Flush each group at once."""

    async def all_groups() -> None:
        for group in groups:
            await journal.flushed([journal.append(payload) for payload in group][-1])

    asyncio.run(all_groups())


@contextlib.contextmanager
def room(size: int):
    """No file may grow beyond `size` bytes: what a full disk looks like to a process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def written(tmp_path):
    """A folder with three flushes in its log, and the log."""
    journal = opened(tmp_path)
    write(journal, *GROUPS)
    journal.close()
    return tmp_path, tmp_path / "00000000.log"


def test_an_empty_folder_holds_nothing(tmp_path):
    assert kept(tmp_path) == []


def test_what_was_flushed_comes_back_in_order(written):
    folder, _ = written
    assert kept(folder) == [b"one", b"two", b"three" * 20, b"four"]


def test_what_was_appended_but_not_flushed_may_be_missing_and_nothing_else(written):
    folder, _ = written
    journal = opened(folder)
    journal.append(b"five")
    assert kept(folder)[:4] == [b"one", b"two", b"three" * 20, b"four"]


def test_a_log_torn_at_any_byte_is_cut_to_whole_records_and_goes_on(written):
    folder, log = written
    whole = log.read_bytes()
    everything = [b"one", b"two", b"three" * 20, b"four"]
    for size in range(len(whole)):
        log.write_bytes(whole[:size])
        found = kept(folder)
        assert found == everything[: len(found)]
        journal = opened(folder)
        write(journal, [b"after"])
        journal.close()
        assert kept(folder) == [*found, b"after"], f"torn at byte {size}"


def test_the_cut_is_counted(written):
    folder, log = written
    log.write_bytes(log.read_bytes() + b"torn")
    assert opened(folder).cut == 4


def test_a_wrong_byte_in_the_last_flush_is_a_torn_end(written):
    folder, log = written
    whole = bytearray(log.read_bytes())
    for offset in range(whole.index(b"four") - 10, len(whole)):
        log.write_bytes(whole[:offset] + bytes([whole[offset] ^ 1]) + whole[offset + 1 :])
        assert kept(folder) == [b"one", b"two", b"three" * 20], f"byte {offset}"


def test_a_wrong_byte_before_the_last_flush_stops_the_start(written):
    folder, log = written
    whole = log.read_bytes()
    start_of_last = whole.rindex(b"\xabJ")
    for offset in range(len(HEADER), start_of_last):
        log.write_bytes(whole[:offset] + bytes([whole[offset] ^ 1]) + whole[offset + 1 :])
        with pytest.raises(JournalError, match="is damaged at byte"):
            kept(folder)


def test_a_log_of_another_version_stops_the_start(written):
    folder, log = written
    log.write_bytes(log.read_bytes().replace(b"journal 1", b"journal 2"))
    with pytest.raises(JournalError, match="was not written by this version"):
        kept(folder)


def test_a_snapshot_takes_the_place_of_what_was_before(written):
    folder, log = written
    journal = opened(folder)
    generation = journal.rotate()
    journal.write_snapshot(generation, [b"state"])
    assert not log.exists()
    write(journal, [b"later"])
    journal.close()
    assert kept(folder) == [b"state", b"later"]


def test_before_the_snapshot_is_whole_the_logs_still_hold_everything(written):
    folder, _ = written
    journal = opened(folder)
    journal.rotate()
    write(journal, [b"later"])
    journal.close()
    (folder / "00000001.new").write_bytes(b"half a snaps")
    assert kept(folder) == [b"one", b"two", b"three" * 20, b"four", b"later"]
    assert not (folder / "00000001.new").exists()


def test_a_damaged_snapshot_stops_the_start(written):
    folder, _ = written
    journal = opened(folder)
    journal.write_snapshot(journal.rotate(), [b"state", b"more"])
    journal.close()
    snapshot = folder / "00000001.snapshot"
    whole = snapshot.read_bytes()
    for offset in range(len(HEADER), len(whole)):
        snapshot.write_bytes(whole[:offset] + bytes([whole[offset] ^ 1]) + whole[offset + 1 :])
        with pytest.raises(JournalError, match="is damaged"):
            kept(folder)


def test_a_missing_log_stops_the_start(written):
    folder, log = written
    journal = opened(folder)
    journal.rotate()
    journal.rotate()
    journal.close()
    log.rename(folder / "moved")
    (folder / "00000001.log").unlink()
    (folder / "moved").rename(log)
    with pytest.raises(JournalError, match=r"00000001\.log is missing"):
        kept(folder)


def test_a_flush_that_does_not_fit_is_refused_whole_and_taken_back(written):
    folder, log = written
    journal = opened(folder)
    taken_back: list[int] = []
    journal.failed = taken_back.append
    with room(log.stat().st_size + 40), pytest.raises(NotKept):
        write(journal, [b"small", b"large" * 100])
    assert taken_back == [0]
    journal.close()
    assert kept(folder) == [b"one", b"two", b"three" * 20, b"four"]


def test_when_there_is_room_again_it_goes_on(written):
    folder, log = written
    journal = opened(folder)
    for _ in range(3):
        with room(log.stat().st_size + 40), pytest.raises(NotKept):
            write(journal, [b"large" * 100])
    write(journal, [b"small"])
    journal.close()
    assert kept(folder)[4:] == [b"small"]


class Stubborn(io.FileIO):
    """A file that cannot be cut, once."""

    refusals = 1

    def truncate(self, size=None):
        if self.refusals:
            self.refusals -= 1
            raise OSError(errno.EIO, "Input/output error")
        return super().truncate(size)


def test_a_torn_end_that_could_not_be_cut_is_cut_before_the_next_write(written):
    folder, log = written
    journal = opened(folder)
    journal.file = Stubborn(log, "ab")
    with room(log.stat().st_size + 40), pytest.raises(NotKept):
        write(journal, [b"large" * 100])
    write(journal, [b"small"])
    journal.close()
    assert kept(folder)[4:] == [b"small"]


def test_a_snapshot_that_does_not_fit_leaves_all_as_it_was(written):
    folder, _ = written
    journal = opened(folder)
    generation = journal.rotate()
    with room(1000), pytest.raises(OSError, match="large"):
        journal.write_snapshot(generation, [b"state" * 1000])
    journal.close()
    assert kept(folder) == [b"one", b"two", b"three" * 20, b"four"]


def test_a_log_that_cannot_be_begun_leaves_the_old_one_in_use(written):
    folder, _ = written
    journal = opened(folder)
    with room(5), pytest.raises(OSError, match="large"):
        journal.rotate()
    write(journal, [b"later"])
    journal.close()
    assert kept(folder)[4:] == [b"later"]


def test_changes_that_are_ready_together_share_a_flush(tmp_path):
    journal = opened(tmp_path)
    flushes: list[int] = []
    journal.sync = flushes.append

    async def change(number: int) -> None:
        await journal.flushed(journal.append(b"change %d" % number))

    async def ten() -> None:
        await asyncio.gather(*(change(number) for number in range(10)))

    asyncio.run(ten())
    assert len(flushes) == 1


def test_nobody_is_told_before_the_flush(tmp_path):
    journal = opened(tmp_path)
    told = []
    journal.sync = lambda descriptor: told.append("flushed")

    async def change() -> None:
        await journal.flushed(journal.append(b"change"))
        told.append("answered")

    asyncio.run(change())
    assert told == ["flushed", "answered"]


def test_a_folder_is_for_one_process_at_a_time(tmp_path):
    held = lock(tmp_path / "lock")
    assert held is not None
    assert lock(tmp_path / "lock") is None
    held.close()
    assert lock(tmp_path / "lock") is not None
