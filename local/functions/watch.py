"""The files of a function's code, watched for changes."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from local.functions.notices import Notices

LOOK_SECONDS = 0.05  # between looks where the kernel tells of changes: some folders it does not see into
State = dict[str, tuple[int, ...]]


class Code:
    """The files of a function's folder.

    Where the kernel tells of changes, one is known as soon as it is made. It does not tell of a folder that another
    machine shares, so the files are looked at now and then too. Where it tells nothing, each question is a look.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder, self.clock = str(folder), clock
        self.version = 0
        self.notices = listen()
        self.follow(self.look()[1])
        self.state, _ = self.look()
        self.looked = clock()

    def current(self) -> int:
        """The version of the code: another number after any change."""
        told = self.notices is not None and self.notices.came()
        now = self.clock()
        if told or self.notices is None or now - self.looked >= LOOK_SECONDS:
            self.looked = now
            before = self.state
            self.state, folders = self.look()
            if told or before != self.state:
                self.version += 1
                self.follow(folders)
        return self.version

    def follow(self, folders: list[str]) -> None:
        """Have notices of new folders too; where the kernel takes no more, each question is a look from now on."""
        seen: list[str] = []
        while self.notices and seen != folders:  # one may have been made before its parent was watched
            try:
                self.notices.watch(folders)
            except OSError:
                self.notices = None
            seen, folders = folders, self.look()[1]

    def look(self) -> tuple[State, list[str]]:
        """Times, size and identity of every file but bytecode; and the folders they are in."""
        found: State = {}
        folders = [self.folder]
        for folder in folders:  # grows on the way
            for entry in entries(folder):
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != "__pycache__":
                        folders.append(entry.path)
                    continue
                with contextlib.suppress(OSError):
                    status = entry.stat()
                    found[entry.path] = (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)
        return found, folders


class Codes:
    """The files of several folders, such as a function's own and those of its layers."""

    def __init__(self, codes: Sequence[Code]) -> None:
        self.codes = codes

    def current(self) -> int:
        """The version of all together: another number after any change."""
        return sum(code.current() for code in self.codes)


def listen() -> Notices | None:
    """The kernel's notices; None where it has none to give."""
    with contextlib.suppress(OSError):
        return Notices()
    return None


def entries(folder: str) -> list[os.DirEntry[str]]:
    """The files of a folder; none when it has just been deleted."""
    try:
        return list(os.scandir(folder))
    except OSError:
        return []
