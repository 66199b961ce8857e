"""Files and folders that only their owner can read: the data folder holds personal data."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Collection
from pathlib import Path

FOLDER, FILE, UMASK = 0o700, 0o600, 0o077
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def opener(path: str, flags: int) -> int:
    """For `open`: the file is private, whatever the umask is and also if it exists already."""
    descriptor = os.open(path, flags, FILE)
    with contextlib.suppress(OSError):  # a file system without permissions, or another owner
        os.fchmod(descriptor, FILE)
    return descriptor


def narrow(folder: Path, ours: Collection[str]) -> None:
    """Make what is `ours` in a folder private, and the folder too if it contains nothing else.

    A folder with other files is somebody's own, and one with the sticky bit is shared (/tmp): they keep their rights.
    """
    folder = folder.resolve()
    names = set(os.listdir(folder))
    if names.issubset(ours) and not folder.stat().st_mode & stat.S_ISVTX:
        close_to_others(folder, FOLDER)
    for name in names.intersection(ours):
        narrow_all(folder / name)


def narrow_all(path: Path) -> None:
    """Make a file private, or a folder with all that it contains; nothing is read if it is private already."""
    mode = path.lstat().st_mode
    if stat.S_ISREG(mode):
        close_to_others(path, FILE)
    elif stat.S_ISDIR(mode) and mode & OTHERS:
        close_to_others(path, FOLDER)
        for parent, folders, files in os.walk(path):
            for names, wanted in ((folders, FOLDER), (files, FILE)):
                for name in names:
                    close_to_others(Path(parent, name), wanted)


def close_to_others(path: Path, mode: int) -> None:
    """Set the mode of what others have rights on. A link stays, and what it leads to."""
    with contextlib.suppress(OSError):  # a file system without permissions, another owner, a file that has just gone
        if path.lstat().st_mode & OTHERS and not path.is_symlink():
            path.chmod(mode)
