"""The files of a function's code, watched for changes."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

LOOK_SECONDS = 0.05  # how often, at most, the code is looked at


class Code:
    """The files of a function's folder, watched by their times and sizes."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder, self.clock = str(folder), clock
        self.state = self.look()
        self.looked = clock()
        self.version = 0

    def current(self) -> int:
        """The version of the code: another number after any change. Looks at most every LOOK_SECONDS."""
        now = self.clock()
        if now - self.looked >= LOOK_SECONDS:
            self.looked = now
            before, self.state = self.state, self.look()
            self.version += before != self.state
        return self.version

    def look(self) -> dict[str, tuple[int, int]]:
        """Time and size of every file but byte code."""
        found: dict[str, tuple[int, int]] = {}
        folders = [self.folder]
        while folders:
            for entry in entries(folders.pop()):
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != "__pycache__":
                        folders.append(entry.path)
                    continue
                with contextlib.suppress(OSError):
                    status = entry.stat()
                    found[entry.path] = (status.st_mtime_ns, status.st_size)
        return found


def entries(folder: str) -> list[os.DirEntry[str]]:
    """What a folder holds; nothing when it has just gone."""
    try:
        return list(os.scandir(folder))
    except OSError:
        return []
