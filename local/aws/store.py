"""All state of the emulated AWS in one journal: brought back at the start, recorded while it serves, compacted."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from local.aws.emulator.internals import App, DynamoDB
from local.aws.queues import MESSAGES, QUEUES, QueueReplay
from local.aws.services import SWEEP_SECONDS, Services
from local.aws.tables.dynamodb import Recorder
from local.aws.tables.numbers import read_numbers_as_stored
from local.aws.tables.pages import Pages
from local.aws.tables.point_in_time import Clock, PointInTime, first_record, moment_of, stamped, with_time
from local.aws.tables.records import Replay, snapshot
from local.journal import history
from local.journal.history import History
from local.journal.log import Journal, NotKept
from local.journal.records import HEADER

STATE_OF_QUEUES = b'{"service":"sqs",'  # as older versions wrote it, with all messages
COMPACT_BYTES = 16 << 20  # a log shorter than this is not worth a snapshot
log = logging.getLogger("aws")


class Store:
    """The journal, and the two that record into it. Made before serving; everything on the event loop's thread."""

    def __init__(
        self,
        folder: Path,
        app: App,
        dynamodb: DynamoDB,
        compact_bytes: int = COMPACT_BYTES,
        sweep_seconds: float = SWEEP_SECONDS,
        fsync: bool = True,
        history_bytes: int = history.BYTES,
    ) -> None:
        self.compact_bytes = compact_bytes
        self.sweep_seconds = sweep_seconds
        self.clock = Clock()
        self.history = History(folder, moment_of, history_bytes)
        self.journal = Journal(folder, failed=self.take_back, retire=self.history.keep)
        if not fsync:
            self.journal.sync = lambda descriptor: None
        self.recorder = Recorder(dynamodb, lambda payload: self.journal.append(stamped(payload, self.clock())))
        self.services = Services(app, self.journal.append)
        self.snapshot_size = 0
        self.has_history = False

    def restore(self) -> None:
        """Bring back what the journal holds, then begin to record. Raises JournalError."""
        replay = Replay(self.recorder.dynamodb)
        states: dict[str, bytes] = {}
        queues, hook = QueueReplay(), self.recorder.dynamodb.json.object_hook
        for payload in self.journal.recover():
            self.clock.seen(moment_of(payload))
            if payload.startswith(STATE_OF_QUEUES):
                queues.replay_state(json.loads(payload, object_hook=hook)["state"])
            elif payload.startswith(b'{"service":"'):
                states[json.loads(payload)["service"]] = payload
            elif payload.startswith((QUEUES, MESSAGES)):
                queues.replay(json.loads(payload, object_hook=hook))
            elif payload.startswith(b'{"definitions":'):
                replay.replay(json.loads(payload, object_hook=hook))
            else:
                replay.replay(json.loads(payload))
        self.services.replay(states, queues)
        self.begin_history()
        self.snapshot_size = size_of(self.journal.path(self.journal.base, "snapshot"))
        if self.journal.cut:
            log.warning(
                "removed %d bytes of an incomplete record at the end of the journal (after a crash);"
                " no client received a response for it",
                self.journal.cut,
            )

    def begin_history(self) -> None:
        """An empty journal begins its history now; the journal of an older version, with the next snapshot."""
        if self.journal.generation == 0 and self.journal.size == len(HEADER):
            self.journal.append(first_record(self.clock()))
        self.history.trim(self.clock())

    def start(self) -> None:
        """Begin to record; on the event loop."""
        self.recorder.install(asyncio.get_running_loop(), self.flushed)
        read_numbers_as_stored(self.recorder.dynamodb)
        Pages(self.recorder.dynamodb).install()
        PointInTime(self.recorder.dynamodb, self.history, self.clock, self.saved).install()

    def take_back(self, position: int) -> None:
        """A flush failed: undo what nobody was told of."""
        log.error("the disk rejected a write; unsaved changes are undone, and their requests get an error")
        self.recorder.take_back(position)
        self.services.take_back()

    async def flushed(self) -> None:
        """Return when everything changed so far is on the disk. Raises NotKept."""
        position = self.journal.position
        await self.journal.flushed(position)
        self.recorder.kept(position)

    def saved(self) -> bool:
        """Bring everything recorded so far to the disk, at once; whether it is there."""
        position = self.journal.position
        self.journal.flush()
        return self.journal.kept >= position

    async def keep_up(self) -> None:
        """Until cancelled: record what changed without a request, and keep the log short."""
        while True:
            await asyncio.sleep(self.sweep_seconds)
            try:
                await self.sweep()
            except NotKept:
                continue  # told when it was taken back
            except Exception:  # it must go on: nothing else keeps the log short
                log.exception("a background change could not be saved, or the log could not be compacted")

    async def sweep(self) -> None:
        """Once: record what changed without a request, and put a snapshot in the place of a long log."""
        self.services.sweep()
        self.recorder.record_definitions()
        await self.flushed()
        self.has_history = self.has_history or bool(self.history.beginnings())
        if not self.has_history or self.journal.size > max(self.compact_bytes, 2 * self.snapshot_size):
            await self.compact()

    async def compact(self) -> None:
        """Write a snapshot in place of the log so far. Raises NotKept or OSError and leaves all as it was."""
        payloads, generation = self.rotate()
        await asyncio.to_thread(self.journal.write_snapshot, generation, payloads)
        await asyncio.to_thread(self.history.trim, self.clock())
        self.snapshot_size = size_of(self.journal.path(generation, "snapshot"))

    def rotate(self) -> tuple[Iterator[bytes], int]:
        """The state as records, and the generation that begins with it."""
        states = self.services.snapshot()
        generation = self.journal.rotate()
        return chain(with_time(snapshot(self.recorder.dynamodb), self.clock()), states), generation

    async def close(self) -> None:
        """Record what is left and close the journal."""
        self.services.record(None)
        self.recorder.record_definitions()
        with contextlib.suppress(NotKept):
            await self.flushed()
        self.journal.close()


def size_of(path: Path) -> int:
    """A file's size; 0 when there is none."""
    return path.stat().st_size if path.exists() else 0
