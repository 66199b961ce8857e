"""The log lines of functions, as a person reads them: with all that their records hold, and beside their request."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

from local import console
from local.functions.isolation import RequestIds

HELD_SECONDS = 1.0  # how long a line waits for that of its request, unless the function is not heard of again
OWN = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName", "aws_request_id", "apiRequestId"}


class Words(logging.Formatter):
    """A record in words: level, logger, message, request id; then the other fields (`extra`), under it if it warns.

    Lambda's JSON logging writes these fields too, so the console shows no more and no less than CloudWatch would.
    """

    def __init__(self) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - its name in the standard library
        """The line, and one for each further field; a traceback follows. Below WARNING, all is on the line."""
        line = f"{super().formatMessage(record)}  {request_of(record)}"
        fields = {name: value for name, value in vars(record).items() if name not in OWN}
        if record.levelno < logging.WARNING and not record.exc_info:
            return "  ".join([line, *(f"{name}={value}" for name, value in fields.items())])
        lines = [line]
        for name, value in fields.items():
            lines += labelled(name, value if isinstance(value, list | tuple) else [value])
        return "\n".join(lines)


def labelled(name: str, values: Any) -> list[str]:
    """A field: its name before the first of its values, one value on a line."""
    return [f"  {name if not number else '':<6} {value}" for number, value in enumerate(values)]


def request_of(record: logging.LogRecord) -> str:
    """The id that the client was told, else Lambda's."""
    return str(getattr(record, "apiRequestId", "") or getattr(record, "aws_request_id", ""))


class FunctionLog(logging.Handler):
    """Shows log lines at once; one that tells why a request failed (`apiRequestId`) waits for the line of its request.

    Lines come from the functions' threads, the lines of requests from the event loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.loop, self.held = loop, dict[str, list[str]]()
        self.quiet: set[str] = set()  # request ids of Lambda whose lines below WARNING are left out
        self.addFilter(RequestIds())
        self.setFormatter(Words())

    def emit(self, record: logging.LogRecord) -> None:
        """Show one, or hold it back; called with the handler's lock."""
        if record.levelno < logging.WARNING and getattr(record, "aws_request_id", None) in self.quiet:
            return
        text, request = self.format(record), getattr(record, "apiRequestId", None)
        if request is None:
            console.reason(text)
            return
        self.held.setdefault(request, []).append(text)
        with contextlib.suppress(RuntimeError):  # the loop is gone when the server is
            self.loop.call_soon_threadsafe(self.loop.call_later, HELD_SECONDS, self.show, request)

    def show(self, request: str) -> None:
        """Show what is held back of a request, under its line."""
        if not self.held:
            return
        with self.lock:  # type: ignore[union-attr]  # every handler has one
            texts = self.held.pop(request, [])
        for text in texts:
            console.reason(text)

    def flush(self) -> None:
        """Show all that is held back: nothing else will come."""
        for request in list(self.held):
            self.show(request)
