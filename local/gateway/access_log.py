"""API Gateway's access log: one line for each request, in the format that the template's stage gives."""

from __future__ import annotations

import contextlib
import json
import logging
import re
from collections.abc import Callable, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from local import private
from local.gateway.events import Exchange
from local.gateway.responses import Refusal, as_text, dig
from local.gateway.rest_api import Outcome
from local.wire.messages import Response

log = logging.getLogger("local.accesslog")

VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_.-]*[A-Za-z0-9_])")
ROTATE_BYTES = 20 * 1024 * 1024


class Answered(NamedTuple):
    """One exchange when all is over; `context` is its requestContext."""

    exchange: Exchange
    response: Response
    outcome: Outcome
    context: Mapping[str, Any]


Reader = Callable[[Answered], Any]


class AccessLog:
    """Appends to a file; what a line refers to and is not there is written as a hyphen.

    A line is in the file once it has been flushed: SIGKILL loses those that were not, a clean end none.
    """

    def __init__(self, path: Path, line_format: str) -> None:
        self.path = path
        self.parts = VARIABLE.split(" ".join(line_format.split("\n")) + "\n")  # text, name, text, name, ..., text
        self.readers = {index: reader(self.parts[index]) for index in range(1, len(self.parts), 2)}
        path.parent.mkdir(parents=True, exist_ok=True)
        self.open()

    def open(self) -> None:
        """Begin or go on with the file."""
        self.file: TextIO = open(self.path, "a", encoding="utf-8", opener=private.opener)  # noqa: SIM115 - it stays open
        self.size = self.file.tell()

    def write(self, exchange: Exchange, response: Response, outcome: Outcome, context: Mapping[str, Any]) -> None:
        """Write one line."""
        answered, line = Answered(exchange, response, outcome, context), list(self.parts)
        for index, read in self.readers.items():
            line[index] = as_text(read(answered)) or "-"
        self.size += self.file.write("".join(line))
        if self.size > ROTATE_BYTES:
            self.rotate()

    def flush(self) -> None:
        """Put every line into the file; what a full disk does not take may be lost, and is said."""
        try:
            self.file.flush()
        except OSError:
            log.warning("the access log cannot be written")

    def rotate(self) -> None:
        """Keep one older file."""
        self.close()
        self.path.replace(self.path.with_suffix(".1.log"))
        self.open()

    def close(self) -> None:
        """Flush and close the file."""
        self.flush()
        with contextlib.suppress(OSError):  # said by flush
            self.file.close()


def reader(name: str) -> Reader:
    """The reader of a variable: one that only the access log has, else a field of the request context."""
    names = name.split(".")
    return OWN.get(name) or (lambda answered: dig(answered.context, names))


def refused(read: Callable[[Refusal], Any]) -> Reader:
    """The reader of a variable that only a rejection has."""
    return lambda answered: answered.outcome.refusal and read(answered.outcome.refusal)


# The variables that only the access log has, and those that are known when all is over.
OWN: dict[str, Reader] = {
    "status": attrgetter("response.status"),
    "responseLength": lambda answered: len(answered.response.body),
    "responseLatency": lambda answered: round(answered.outcome.latency),
    "integrationLatency": attrgetter("outcome.integration_latency"),
    "integration.latency": attrgetter("outcome.integration_latency"),
    "integration.status": attrgetter("outcome.integration_status"),
    "integrationStatus": attrgetter("outcome.integration_status"),
    "integration.requestId": attrgetter("outcome.function_request_id"),
    "awsEndpointRequestId": attrgetter("outcome.function_request_id"),
    "integrationErrorMessage": attrgetter("outcome.integration_error"),
    "integration.error": attrgetter("outcome.integration_error"),
    "error.message": refused(lambda refusal: refusal.message),
    "error.messageString": refused(lambda refusal: json.dumps(refusal.message)),
    "error.responseType": refused(lambda refusal: refusal.kind),
    "error.validationErrorString": refused(lambda refusal: refusal.details),
    "xrayTraceId": lambda answered: answered.exchange.trace_id.partition("Root=")[2].split(";")[0],
    "customDomain.basePathMatched": attrgetter("exchange.base_path"),
}
