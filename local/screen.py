"""The output for people: one screen at start, one line for each request, and the reason when something fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from local import console
from local.functions.logs import FunctionLog
from local.gateway.events import Exchange
from local.gateway.rest_api import Outcome
from local.wire.messages import Response

LONGEST_PATH = 120


def request_line(exchange: Exchange, response: Response, outcome: Outcome) -> None:
    """Method, path without query (it may hold what is personal), status, time, request id; then why it failed.

    The line is written, not flushed; why it failed is shown at once, and with it every line before.
    """
    method, path = exchange.request.method or "-", printable(exchange.full_path)
    took = f"{outcome.latency:7.1f} ms"
    console.write(f"{console.clock_time()}  {method:<7} {path:<46} {response.status}  {took}  {exchange.request_id}")
    if outcome.refusal and outcome.refusal.reason:
        console.reason(outcome.refusal.reason)


def printable(path: str) -> str:
    """A path that can be shown on a terminal."""
    if path.isprintable() and len(path) <= LONGEST_PATH:
        return path
    visible = "".join(character if character.isprintable() else "?" for character in path[:LONGEST_PATH])
    return visible + "..." if len(path) > LONGEST_PATH else visible


def listen_to_functions(level: int) -> FunctionLog:
    """Show the log lines of functions from now on. Called on the event loop."""
    handler = FunctionLog(asyncio.get_running_loop())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    return handler


def show(url: str, rows: Iterable[tuple[str, str]], page: str, tries: Iterable[str], notes: Iterable[str]) -> None:
    """The screen that says what is running and what to try, in a browser at `page` if it is not empty."""
    lines = ["", f"  The API is running at {url}", ""]
    lines += [f"  {name:<12} {value}" for name, value in rows]
    lines += [
        "",
        f"  Try, in a browser at {page} or in another terminal:" if page else "  Try, in another terminal:",
        "",
    ]
    lines += [f"    {command}" for command in tries]
    not_imitated = list(notes)
    if not_imitated:
        lines += ["", "  In the template, but not emulated here:", ""]
        lines += [f"    {note}" for note in not_imitated]
    lines += ["", "  Press Ctrl-C to stop; the data is kept. One line per request follows.", ""]
    console.say("\n".join(lines))
