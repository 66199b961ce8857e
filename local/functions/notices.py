"""Linux tells at once of every change below a folder (inotify), so that asking costs one call to the system."""

from __future__ import annotations

import ctypes
import fcntl
import os
import struct
import termios
import weakref
from collections.abc import Iterable

MODIFY, MOVED_FROM, MOVED_TO, CREATE, DELETE, OVERFLOW = 0x2, 0x40, 0x80, 0x100, 0x200, 0x4000
WATCHED = MODIFY | MOVED_FROM | MOVED_TO | CREATE | DELETE
EVENT = struct.Struct("iIII")  # watch, mask, cookie, length of the name that follows
SPACE = 64 * 1024
IGNORED = b"__pycache__"
NOTHING = bytes(4)  # an int of C


class Notices:
    """The kernel's notices about some folders. Raises OSError where there are none to be had."""

    def __init__(self) -> None:
        try:
            self.libc = ctypes.CDLL(None, use_errno=True)
            self.file = self.libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        except (AttributeError, TypeError) as error:  # a system without inotify
            raise OSError("no inotify") from error
        if self.file < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        self.size = bytearray(NOTHING)
        weakref.finalize(self, os.close, self.file)

    def watch(self, folders: Iterable[str]) -> None:
        """Have notices of these folders too. Raises OSError when the kernel takes no more."""
        for folder in folders:
            watch = self.libc.inotify_add_watch(self.file, os.fsencode(folder), ctypes.c_uint32(WATCHED))
            if watch < 0 and os.path.isdir(folder):
                raise OSError(ctypes.get_errno(), "inotify_add_watch", folder)

    def came(self) -> bool:
        """Whether something has changed since the last time this was asked; bytecode does not count."""
        found = False
        while self.waiting():
            found = any_change(os.read(self.file, SPACE)) or found
        return found

    def waiting(self) -> bool:
        """Whether there are notices to read; cheaper than to try, which raises."""
        fcntl.ioctl(self.file, termios.FIONREAD, self.size)
        return self.size != NOTHING


def any_change(data: bytes) -> bool:
    """Whether one of these notices is about something else than bytecode."""
    place = 0
    while place < len(data):
        _, mask, _, length = EVENT.unpack_from(data, place)
        place += EVENT.size + length
        name = data[place - length : place].rstrip(b"\0")
        if mask & OVERFLOW or (mask & WATCHED and name != IGNORED):
            return True
    return False
