"""The files of a journal that newer snapshots have replaced, kept for a while: an earlier state can be read again.

A generation is a snapshot and the log of the changes after it. The state at a moment is the snapshot of the last
generation that began before it, and the records of the logs up to that moment. To read an old state takes no longer
than a start. The old files are in the folder `history`; the current ones stay with the journal. Files are removed, the
oldest first, when they are too old or too large together. The last old generation stays whatever its size: without it,
a new snapshot would end all history.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from local.journal.records import NAME, body_of, first_payload, records

FOLDER = "history"
BYTES = 100 << 20
SECONDS = 35 * 24 * 3600.0

Files = dict[tuple[int, str], Path]


class Gone(Exception):
    """The generation was removed meanwhile."""


@dataclass
class Beginning:
    """A generation, and the moment that its snapshot shows."""

    moment: float
    generation: int


class History:
    """The old generations of the journal in `folder`.

    `moment_of` gives the time in a payload, or None. `most_bytes` is the size of the old files together; with 0 none
    are kept. `seconds` is the age of the oldest moment.
    """

    def __init__(
        self,
        folder: Path,
        moment_of: Callable[[bytes], float | None],
        most_bytes: int = BYTES,
        seconds: float = SECONDS,
    ) -> None:
        self.journal, self.folder = folder, folder / FOLDER
        self.moment_of = moment_of
        self.most_bytes, self.seconds = most_bytes, seconds
        self._moments: dict[Path, float | None] = {}
        self._lock = threading.Lock()  # a thread writes each snapshot

    def keep(self, path: Path) -> None:
        """Take a file that the journal no longer needs."""
        with self._lock:
            if self.most_bytes:
                with contextlib.suppress(OSError):  # no space for its name, say: the journal goes first
                    self.folder.mkdir(exist_ok=True)
                    os.replace(path, self.folder / path.name)
            path.unlink(missing_ok=True)

    def trim(self, now: float) -> None:
        """Remove what is too old or too large."""
        with self._lock:
            old = files_in(self.folder)
            generations = sorted({number for number, _ in old})
            for number, following in zip_longest(generations, generations[1:]):
                if not self._is_too_much(files_in(self.folder), following, now):
                    return
                for (of, _), path in old.items():
                    if of == number:
                        path.unlink(missing_ok=True)

    def _is_too_much(self, old: Files, following: int | None, now: float) -> bool:
        """Whether the oldest generation must go. `following` is the next old one."""
        if following is None:
            return not self.most_bytes
        ended = self._moment(old, following)
        too_old = ended is not None and ended < now - self.seconds
        return too_old or sum(path.stat().st_size for path in old.values()) > self.most_bytes

    def beginnings(self) -> list[Beginning]:
        """The generations that a state can be read from, the oldest first: all logs since are there."""
        with self._lock:
            files = self._files()
            found: list[Beginning] = []
            number = max((number for number, kind in files if kind == "log"), default=-1)
            while (number, "log") in files:
                moment = self._moment(files, number)
                if moment is not None:
                    found.append(Beginning(moment, number))
                number -= 1
            return found[::-1]

    def payloads(self, generation: int) -> Generator[bytes]:
        """The payloads of a generation's snapshot and of all logs from it on, in the order of the writes.

        Raises Gone.
        """
        with self._lock:
            files = self._files()
            if (generation, "log") not in files:
                raise Gone
            logs = sorted(number for number, kind in files if kind == "log" and number >= generation)
            paths = [files[number, "log"] for number in logs]
            for path in [files[generation, "snapshot"], *paths] if (generation, "snapshot") in files else paths:
                data = path.read_bytes()
                yield from (record.payload for record in records(data, body_of(path, data)))

    def _files(self) -> Files:
        """All files, by generation and kind."""
        return files_in(self.folder) | files_in(self.journal)

    def _moment(self, files: Files, generation: int) -> float | None:
        """The moment at which a generation began; None where its first state or its time is unknown."""
        first = files.get((generation, "snapshot")) or (None if generation else files.get((0, "log")))
        if first is None:
            return None
        if self._moments.get(first) is None:
            payload = first_payload(first)
            self._moments[first] = None if payload is None else self.moment_of(payload)
        return self._moments[first]


def files_in(folder: Path) -> Files:
    """The files of a journal in a folder, by generation and kind; none without the folder."""
    paths = folder.iterdir() if folder.is_dir() else ()
    names = ((NAME.fullmatch(path.name), path) for path in paths)
    return {(int(name[1]), name[2]): path for name, path in names if name}
