"""A log of changes that survives `kill -9`, power loss and a full disk, kept short by snapshots.

A folder holds generations: `00000003.snapshot` is a whole state, `00000003.log` has the changes after it, both in the
format of `records`. `append` adds a record, and the caller awaits `flushed` before a client sees the change. All
records that have gathered by the event loop's next turn are written and flushed at once (group commit). That happens
on the loop: all responses wait for the disk anyway, and a thread would gain nothing. A flush that fails is removed
from the file and its records are rejected, so that the caller can undo them.

At the start, an incomplete record at the end (after a crash; no client saw it) is removed. Damage in flushed records is
never skipped: it stops the start.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from local.journal.records import (
    HEADER,
    NAME,
    JournalError,
    Record,
    body_of,
    frame,
    frames,
    is_damage,
    records,
    sync_folder,
    truncate,
    write_all,
)

SYNC: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)  # a file's data to the disk; macOS has only fsync
UNFINISHED = "[0-9]" * 8 + ".new"
END = b"end"  # the last payload of a snapshot, which proves it whole


def remove(path: Path) -> None:
    """Remove a file that may be gone already."""
    path.unlink(missing_ok=True)


class NotKept(Exception):
    """A change could not be made durable and has been refused."""


@dataclass
class Journal:
    """An open journal, after `recover`. All but `append` is for the event loop's thread.

    `failed` is called when a flush has failed, before those who wait are told: it gets the position of the last
    record that is kept, and everything behind it must be taken back. `retire` gets each file that a newer snapshot has
    made useless, the older first.
    """

    folder: Path
    failed: Callable[[int], None] = lambda position: None
    sync: Callable[[int], None] = SYNC
    retire: Callable[[Path], None] = remove
    base: int = 0  # the generation whose snapshot, if any, it was opened from
    generation: int = 0
    position: int = 0  # number of the last record appended, counted from 1 in each run.
    kept: int = 0  # number of the last record flushed.
    size: int = 0  # bytes of the current log
    flushes: int = 0  # in the current log
    cut: int = 0  # bytes of a torn end that opening removed
    file: BinaryIO | None = None
    pending: list[bytes] = field(default_factory=list)
    waiting: list[asyncio.Future[None]] = field(default_factory=list)
    appending: threading.Lock = field(default_factory=threading.Lock)

    # --- opening ---------------------------------------------------------------------------------------------

    def recover(self) -> Iterator[bytes]:
        """Yield every payload kept, the snapshot's first; afterwards the journal is open at its end.

        Raises JournalError for damage, for files of another version and for a log that is missing.
        """
        files = self.files()
        self.base = max((number for number, kind in files if kind == "snapshot"), default=0)
        logs = sorted(number for number, kind in files if kind == "log" and number >= self.base)
        self.check_complete(files, logs)
        if (self.base, "snapshot") in files:
            yield from read_snapshot(self.path(self.base, "snapshot"))
        for number in logs:
            yield from self.read_log(self.path(number, "log"), last=number == logs[-1])
        self.open_log(max(logs, default=self.base))
        self.remove_before(self.base)

    def files(self) -> list[tuple[int, str]]:
        """The generations and kinds of the files in the folder."""
        names = (NAME.fullmatch(path.name) for path in self.folder.iterdir())
        return [(int(name[1]), name[2]) for name in names if name]

    def path(self, generation: int, kind: str) -> Path:
        """The file of a generation."""
        return self.folder / f"{generation:08d}.{kind}"

    def check_complete(self, files: list[tuple[int, str]], logs: list[int]) -> None:
        """JournalError when a log between the snapshot and the newest one is not there."""
        wanted = range(self.base, max(logs, default=self.base) + 1) if files else range(0)
        missing = sorted(set(wanted) - set(logs))
        if missing:
            raise JournalError(
                f"{self.path(missing[0], 'log')} is missing; restore it from a backup, or move the"
                f" folder {self.folder} away to start from scratch"
            )

    def read_log(self, path: Path, *, last: bool) -> Iterator[bytes]:
        """The payloads of a log; a torn end of the last one is cut off."""
        data = path.read_bytes()
        offset, record = body_of(path, data), None
        for record in records(data, offset):
            yield record.payload
        offset, self.flushes = (record.end, record.flush) if isinstance(record, Record) else (offset, 0)
        if offset == len(data):
            return
        if not last or is_damage(data, offset, record):
            raise JournalError(
                f"{path} is damaged at byte {offset}, and later records would be lost;"
                f" restore it from a backup, or move the folder {self.folder} away to start from scratch"
            )
        self.cut = len(data) - offset
        truncate(path, offset)

    def open_log(self, generation: int) -> None:
        """Continue the log of a generation, or begin it; what is begun is on the disk before this returns."""
        path = self.path(generation, "log")
        stream = path.open("ab", buffering=0)
        if stream.tell() == 0:
            try:
                write_all(stream, HEADER)
                SYNC(stream.fileno())
                sync_folder(self.folder)
            except OSError:
                stream.close()
                path.unlink()
                raise
            self.flushes = 0
        self.generation, self.file, self.size = generation, stream, stream.tell()

    def remove_before(self, generation: int) -> None:
        """Retire the files that a newer snapshot replaces, and remove what a crash left of one in the making."""
        for number, kind in sorted(self.files()):
            if number < generation:
                self.retire(self.path(number, kind))
        for rest in self.folder.glob(UNFINISHED):
            rest.unlink(missing_ok=True)

    # --- writing ---------------------------------------------------------------------------------------------

    def append(self, payload: bytes) -> int:
        """Take a record; returns its position. Any thread."""
        with self.appending:
            self.pending.append(payload)
            self.position += 1
            return self.position

    async def flushed(self, position: int) -> None:
        """Return once everything up to `position` is on the disk; raises NotKept when it cannot be brought there."""
        if position <= self.kept:
            return
        loop = asyncio.get_running_loop()
        if not self.waiting:
            loop.call_soon(self.flush)  # after what else is ready now, which then shares the flush
        future: asyncio.Future[None] = loop.create_future()
        self.waiting.append(future)
        await future

    def flush(self) -> None:
        """Bring everything pending to the disk and let those who wait go on; or refuse it all."""
        waiting, self.waiting = self.waiting, []
        with self.appending:
            batch, self.pending = self.pending, []
        error = None
        if batch:
            try:
                self.write(batch)
                self.kept += len(batch)
            except OSError as failure:
                error = NotKept(failure.strerror or str(failure))
                self.give_up()
        for future in waiting:
            if not future.done():  # else its request was given up
                future.set_exception(error) if error else future.set_result(None)

    def write(self, batch: list[bytes]) -> None:
        """Write and flush one group; afterwards it is on the disk, or OSError."""
        assert self.file is not None
        if os.fstat(self.file.fileno()).st_size != self.size:
            self.cut_back()  # an earlier flush failed, and cutting its torn end off failed too
        data = frames(self.flushes + 1, batch)
        write_all(self.file, data)
        self.sync(self.file.fileno())
        self.flushes += 1
        self.size += len(data)

    def give_up(self) -> None:
        """A flush failed: cut its torn end off and have taken back what is not kept."""
        with contextlib.suppress(OSError):  # then `write` tries again
            self.cut_back()
        with self.appending:
            self.pending.clear()
            self.position = self.kept
        self.failed(self.kept)

    def cut_back(self) -> None:
        """Cut the log back to its last whole flush."""
        assert self.file is not None
        self.file.truncate(self.size)
        self.sync(self.file.fileno())

    # --- snapshots -------------------------------------------------------------------------------------------

    def rotate(self) -> int:
        """Flush, and begin the log of the next generation; returns its number.

        The state at the moment of return is what the snapshot of that generation has to hold.
        Raises NotKept when what was pending had to be refused, OSError when the new log cannot be made.
        """
        position = self.position
        self.flush()
        if self.kept < position:
            raise NotKept("the log could not be flushed")
        old = self.file
        self.open_log(self.generation + 1)
        if old is not None:
            old.close()
        return self.generation

    def write_snapshot(self, generation: int, payloads: Iterable[bytes]) -> None:
        """Write a generation's snapshot, then remove what it replaces. Any thread; OSError leaves all as it was."""
        unfinished = self.path(generation, "snapshot").with_suffix(".new")
        try:
            with unfinished.open("wb") as stream:
                stream.write(HEADER)
                for payload in chain(payloads, [END]):
                    stream.write(frame(1, 0, payload))
                stream.flush()
                os.fsync(stream.fileno())
            unfinished.rename(self.path(generation, "snapshot"))
            sync_folder(self.folder)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise
        self.remove_before(generation)

    def close(self) -> None:
        """Flush what is pending and close the log."""
        self.flush()
        if self.file is not None:
            self.file.close()


def read_snapshot(path: Path) -> Iterator[bytes]:
    """The payloads of a snapshot, which was renamed into place only when it was whole. Raises JournalError."""
    data = path.read_bytes()
    last = None
    for record in records(data, body_of(path, data)):
        if last is not None:
            yield last
        last = record.payload
    if last != END:
        raise JournalError(
            f"{path} is damaged; restore it from a backup, or move the folder {path.parent} away to start from scratch"
        )


def lock(path: Path) -> BinaryIO | None:
    """Take the lock file; None when another process holds it. It is freed with the process, however that ends."""
    stream = path.open("ab")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        stream.close()
        return None
    return stream
