"""Lines on the terminal: each in one piece, in order, and never delaying a response."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from functools import lru_cache


def say(text: str) -> None:
    """Print, at once, wherever the output goes."""
    write(text)
    flush()


def write(text: str) -> None:
    """Print with the next flush.

    On a terminal what a function prints stays at once, and takes the lines before it along.
    """
    line = text + "\n"  # in one piece, whatever functions print at the same time
    with contextlib.suppress(OSError):  # nobody reads any more; the answers go on
        if sys.stdout and sys.stdout.line_buffering:  # a terminal, for which the text layer would flush every line
            sys.stdout.buffer.write(line.encode(sys.stdout.encoding, "replace"))
        else:
            print(line, end="")


def flush() -> None:
    """Let nothing that was printed wait. Once nobody reads any more, what is printed is thrown away."""
    try:
        print(end="", flush=True)
    except BrokenPipeError:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
    except OSError:
        pass  # a full disk, say: the answers go on


def reason(text: str) -> None:
    """Why something failed, under its line, at once."""
    say("\n".join(f"    {line}" for line in text.splitlines()))


def clock_time() -> str:
    """The time of day here."""
    return clock_time_at(int(time.time()))


@lru_cache(maxsize=1)
def clock_time_at(second: int) -> str:
    """The time of day of a second; many requests share one."""
    return time.strftime("%H:%M:%S", time.localtime(second))
