"""What a person sees: one screen at start, one line for each request, and the reason when something fails."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from local.events import Exchange
from local.isolation import RequestIds
from local.messages import Response

if TYPE_CHECKING:
    from local.gateway import Outcome

SHOWN_PATH = 120


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


def request_line(exchange: Exchange, response: Response, outcome: Outcome) -> None:
    """Method, path without query (it may hold what is personal), status, time, request id; then why it failed.

    The line is written, not flushed; why it failed is shown at once, and with it every line before.
    """
    method, path = exchange.request.method or "-", printable(exchange.full_path)
    write(f"{clock_time()}  {method:<7} {path:<46} {response.status}  {outcome.latency:7.1f} ms  {exchange.request_id}")
    if outcome.refusal and outcome.refusal.reason:
        reason(outcome.refusal.reason)


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


def printable(path: str) -> str:
    """A path that can be shown on a terminal."""
    if path.isprintable() and len(path) <= SHOWN_PATH:
        return path
    shown = "".join(character if character.isprintable() else "?" for character in path[:SHOWN_PATH])
    return shown + "..." if len(path) > SHOWN_PATH else shown


class Lines(logging.Handler):
    """Shows each log line at once, in its place among the others."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one."""
        say(self.format(record))


def listen_to_functions(level: int) -> None:
    """Show the log lines of functions, one line each, with the request they belong to."""
    handler = Lines()
    handler.addFilter(RequestIds())
    handler.setFormatter(logging.Formatter("    %(levelname)s %(name)s: %(message)s  %(aws_request_id)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)


def screen(url: str, rows: Iterable[tuple[str, str]], tries: Iterable[str], notes: Iterable[str]) -> None:
    """What is running and what to try."""
    lines = ["", f"  The API answers at {url}", ""]
    lines += [f"  {name:<12} {value}" for name, value in rows]
    lines += ["", "  Try, in another terminal:", ""]
    lines += [f"    {command}" for command in tries]
    listed = list(notes)
    if listed:
        lines += ["", "  Known to the template, not imitated here:", ""]
        lines += [f"    {note}" for note in listed]
    lines += ["", "  Ctrl-C stops it; the data stays. One line for each request follows.", ""]
    say("\n".join(lines))
