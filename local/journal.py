"""A log of changes that survives `kill -9`, power loss and a full disk, kept short by snapshots.

A folder holds generations: `00000003.snapshot` is a whole state, `00000003.log` what changed after it, both in the
format of `journal_records`. `append` hands a record over; a thread of the journal writes and flushes whatever has
gathered, at once (group commit), and `flushed` is awaited before anybody is told of the change. A flush that fails is
cut off again and everything in it refused, so that the caller can take it back.

On opening, what a crash left half-written at the end (nobody was told of it) is cut off. Damage in what had been
flushed is never skipped: it stops the start.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from local.journal_records import (
    HEADER,
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

NAME = re.compile(r"(\d{8})\.(log|snapshot)")
END = b"end"   # the last payload of a snapshot, which proves it whole


class NotKept(Exception):
    """A change could not be made durable and has been refused."""


@dataclass
class Waiter:
    """Somebody who waits until the journal is flushed up to `position`."""

    position: int
    future: asyncio.Future[None]


@dataclass
class Journal:
    """An open journal. `append` and `rotate` are for one thread at a time, the event loop's.

    `failed` is called on the event loop when a flush has failed, before those who wait are told; what it
    gets is the last position that is kept, and everything behind it must be taken back.
    """

    folder: Path
    failed: Callable[[int], None] = lambda position: None
    generation: int = 0
    position: int = 0    # of the last record appended; records are counted from 1 in each run
    kept: int = 0        # of the last record flushed
    size: int = 0        # bytes of the current log
    flush: int = 0
    file: BinaryIO | None = None
    pending: list[bytes] = field(default_factory=list)
    waiters: list[Waiter] = field(default_factory=list)
    broken: OSError | None = None
    closing: bool = False
    busy: bool = False
    loop: asyncio.AbstractEventLoop | None = None
    state: threading.Condition = field(default_factory=threading.Condition)
    thread: threading.Thread | None = None
    cut: int = 0         # bytes of a torn tail that opening removed

    # --- opening ---------------------------------------------------------------------------------------------

    def recover(self) -> Iterator[bytes]:
        """Yield every payload kept, the snapshot's first; afterwards the journal is open at its end.

        Raises JournalError for damage, for files of another version and for an unusable folder.
        """
        files = self.files()
        snapshots = [number for number, kind in files if kind == "snapshot"]
        base = max(snapshots, default=0)
        if snapshots:
            yield from self.read_snapshot(self.path(base, "snapshot"))
        logs = sorted(number for number, kind in files if kind == "log" and number >= base)
        if logs and logs != list(range(base, base + len(logs))):
            raise JournalError(f"a log is missing in {self.folder} between {logs}; bring it back from a copy,"
                               " or move the folder away to begin anew")
        for number in logs:
            yield from self.read_log(self.path(number, "log"), last=number == logs[-1])
        self.open_log(max(logs, default=base))
        self.remove_before(base)

    def files(self) -> list[tuple[int, str]]:
        """The generations and kinds of the files in the folder."""
        names = (NAME.fullmatch(path.name) for path in self.folder.iterdir())
        return [(int(name[1]), name[2]) for name in names if name]

    def path(self, generation: int, kind: str) -> Path:
        """The file of a generation."""
        return self.folder / f"{generation:08d}.{kind}"

    def read_snapshot(self, path: Path) -> Iterator[bytes]:
        """The payloads of a snapshot, which was renamed into place only when it was whole."""
        data = path.read_bytes()
        last = None
        for record in records(data, body_of(path, data)):
            if last is not None:
                yield last
            last = record.payload
        if last != END:
            raise JournalError(f"{path} is damaged; bring it back from a copy, or move the folder away to begin anew")

    def read_log(self, path: Path, *, last: bool) -> Iterator[bytes]:
        """The payloads of a log; a torn tail of the last one is cut off."""
        data = path.read_bytes()
        offset = body_of(path, data)
        record: Record | None = None
        for record in records(data, offset):
            yield record.payload
        offset, self.flush = (record.end, record.flush) if record else (offset, 0)
        if offset == len(data):
            return
        if not last or is_damage(data, offset, record):
            raise JournalError(f"{path} is damaged at byte {offset}, and what was kept after it would be lost;"
                               " bring it back from a copy, or move the folder away to begin anew")
        self.cut = len(data) - offset
        truncate(path, offset)

    def open_log(self, generation: int) -> None:
        """Continue the log of a generation, or begin it; what is begun is on the disk before this returns."""
        path = self.path(generation, "log")
        stream = path.open("ab", buffering=0)
        if stream.tell() == 0:
            try:
                write_all(stream, HEADER)
                os.fdatasync(stream.fileno())
                sync_folder(self.folder)
            except OSError:
                stream.close()
                path.unlink()
                raise
            self.flush = 0
        self.generation, self.file, self.size = generation, stream, stream.tell()

    def remove_before(self, generation: int) -> None:
        """Remove the files that a newer snapshot has made useless, and what a crash left of one in the making."""
        for number, kind in self.files():
            if number < generation:
                self.path(number, kind).unlink(missing_ok=True)
        for rest in self.folder.glob("*.new"):
            rest.unlink(missing_ok=True)

    # --- writing ---------------------------------------------------------------------------------------------

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to flush what is appended; `loop` is where waiters and `failed` are called."""
        self.loop = loop
        self.thread = threading.Thread(target=self.run, name="journal", daemon=True)
        self.thread.start()

    def append(self, payload: bytes) -> int:
        """Take a record; returns its position, for `flushed`."""
        with self.state:
            self.pending.append(payload)
            self.position += 1
            self.state.notify()
            return self.position

    async def flushed(self, position: int) -> None:
        """Return once everything up to `position` is on the disk; raises NotKept when it cannot be brought there."""
        if position > self.kept:
            await self.waiting(position)

    def waiting(self, position: int) -> asyncio.Future[None]:
        """A future that is done when `flushed` would return."""
        assert self.loop is not None
        future: asyncio.Future[None] = self.loop.create_future()
        with self.state:
            if position <= self.kept:
                future.set_result(None)
            else:
                self.waiters.append(Waiter(position, future))
        return future

    def wait(self) -> None:
        """Block until everything appended is on the disk or refused. Not for the event loop's thread."""
        with self.state:
            self.state.wait_for(lambda: not self.pending and not self.busy)

    def run(self) -> None:
        """The journal's own thread: flush what has gathered, again and again."""
        while True:
            with self.state:
                self.busy = False
                self.state.notify_all()
                self.state.wait_for(lambda: self.closing or (self.pending and self.broken is None))
                batch, self.pending = self.pending, []
                if not batch or self.broken is not None:
                    return
                self.busy = True
            try:
                self.write(batch)
            except OSError as error:
                self.fail(error)
            else:
                self.advance(len(batch))

    def write(self, batch: list[bytes]) -> None:
        """Write and flush one group; afterwards it is on the disk, or OSError."""
        assert self.file is not None
        data = frames(self.flush + 1, batch)
        write_all(self.file, data)
        os.fdatasync(self.file.fileno())
        self.flush += 1
        self.size += len(data)

    def advance(self, count: int) -> None:
        """Tell those who waited for a group that it is kept."""
        with self.state:
            self.kept += count
            done = [waiter for waiter in self.waiters if waiter.position <= self.kept]
            if done:
                self.waiters = [waiter for waiter in self.waiters if waiter.position > self.kept]
        if done and self.loop is not None:
            self.loop.call_soon_threadsafe(settle, done, None)

    def fail(self, error: OSError) -> None:
        """A flush failed: take nothing more until the event loop has taken back what is not kept."""
        with self.state:
            self.broken = error
        if self.loop is not None:
            self.loop.call_soon_threadsafe(self.give_up, error)

    def give_up(self, error: OSError) -> None:
        """On the event loop: cut the torn end off, have what is not kept taken back, refuse those who wait."""
        try:
            self.cut_back()
        except OSError:
            assert self.loop is not None
            self.loop.call_later(1, self.give_up, error)   # nothing can be taken before that has worked
            return
        self.failed(self.kept)
        with self.state:
            refused, self.waiters, self.pending = self.waiters, [], []
            self.position, self.broken = self.kept, None
            self.state.notify_all()
        settle(refused, NotKept(error.strerror or str(error)))

    def cut_back(self) -> None:
        """Cut the log back to its last whole flush."""
        assert self.file is not None
        os.ftruncate(self.file.fileno(), self.size)
        os.fdatasync(self.file.fileno())

    # --- snapshots -------------------------------------------------------------------------------------------

    def rotate(self) -> int:
        """Begin the log of the next generation, once everything appended is flushed; returns its number.

        The state at the moment of return is what the snapshot of that generation has to hold. Blocks for a flush.
        Raises NotKept while a failed flush has not been taken back, OSError when the new log cannot be made.
        """
        with self.state:
            self.state.wait_for(lambda: self.broken is not None or (not self.pending and not self.busy))
            if self.broken is not None:
                raise NotKept(str(self.broken))
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
                for payload in (*payloads, END):
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
        with self.state:
            self.closing = True
            self.state.notify_all()
        if self.thread is not None:
            self.thread.join()
        if self.file is not None:
            self.file.close()


def settle(waiters: list[Waiter], error: Exception | None) -> None:
    """On the event loop: let waiters go on, or raise in them."""
    for waiter in waiters:
        if waiter.future.done():
            continue   # its request was given up
        if error is None:
            waiter.future.set_result(None)
        else:
            waiter.future.set_exception(error)


def lock(path: Path) -> BinaryIO | None:
    """Take the lock file; None when another process holds it. It is freed with the process, however that ends."""
    stream = path.open("ab")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        stream.close()
        return None
    return stream
