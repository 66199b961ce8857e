"""A changed template is served by a process that replaces itself and keeps the port open meanwhile.

Therefore a reload serves the same as a start by hand, and no connection is rejected.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from local import console
from local.template.source import Source, TemplateError

LOOK_SECONDS = 0.3  # between looks at the files, and how long they must stand still
INHERITED = "USERS_API_LISTENERS"  # the environment variable that hands the port on
State = tuple[tuple[int, ...], ...]


class Restart(Exception):
    """Raised to have the process replaced; `listeners` are the bound sockets that go on."""

    def __init__(self, listeners: list[socket.socket]) -> None:
        super().__init__()
        self.listeners = listeners


def state(paths: Iterable[Path]) -> State:
    """A value that differs if files may have changed, without reading them."""
    return tuple(stamp(path) for path in paths)


def stamp(path: Path) -> tuple[int, ...]:
    """Times, size and identity of a file; empty while there is none."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


async def changed(source: Source, usable: Callable[[], Any], by_hand: Callable[[], bool]) -> None:
    """Wait until the template has changed into another that can be served, and say what happens, once a change.

    `usable` raises TemplateError for one that cannot be. `by_hand`: whether to say no more than to restart.
    """
    watched, seen = list(source.texts), State()
    while True:
        seen = await settled(watched, seen)
        if not (names := " and ".join(path.name for path in watched if text(path) != source.texts.get(path))):
            continue  # as they are served
        if by_hand():
            console.say(f"{names} changed: restart to serve it")
            continue
        try:
            await asyncio.to_thread(usable)
        except TemplateError as error:
            console.say(f"{names} changed, but {error}; what was served before goes on")
            more = [path for path in dict.fromkeys(error.files) if path not in watched]
            watched, seen = watched + more, seen + state(more)
        else:
            console.say(f"{names} changed: starting again to serve it")
            return


async def settled(paths: list[Path], seen: State) -> State:
    """Wait until the files are not as they were seen, and stand still."""
    while (now := state(paths)) == seen:
        await asyncio.sleep(LOOK_SECONDS)
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if (then := state(paths)) == now:
            return now
        now = then


def text(path: Path) -> str | None:
    """The content of a file; None if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def inherited(environ: Any) -> list[socket.socket]:
    """The listeners of the process that this one has replaced; none if it has replaced none."""
    numbers = environ.pop(INHERITED, "")
    return [socket.socket(fileno=int(number)) for number in numbers.split()]


def again(listeners: list[socket.socket], folder: str, environ: Mapping[str, str]) -> NoReturn:
    """Replace the process by a new one of the same command, which goes on to listen."""
    console.flush()
    for listener in listeners:
        listener.set_inheritable(True)
    os.chdir(folder)  # where the command was given; a function may have gone elsewhere
    settings = {**environ, INHERITED: " ".join(str(listener.fileno()) for listener in listeners)}
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], settings)  # noqa: S606 - no shell is wanted
