"""API Gateway's access log: one line for each request, in the format that the template's stage gives."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from local.events import Exchange
from local.gateway import Outcome
from local.messages import Response
from local.responses import dig, shown

VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_.-]*[A-Za-z0-9_])")
ROTATE_BYTES = 20 * 1024 * 1024


class AccessLog:
    """Appends to a file; what a line refers to and is not there is written as a hyphen."""

    def __init__(self, path: Path, line_format: str) -> None:
        self.path = path
        self.parts = VARIABLE.split(" ".join(line_format.split("\n")) + "\n")  # text, name, text, name, ..., text
        path.parent.mkdir(parents=True, exist_ok=True)
        self.open()

    def open(self) -> None:
        """Begin or go on with the file."""
        self.file: TextIO = self.path.open("a", encoding="utf-8")
        self.size = self.file.tell()

    def write(self, exchange: Exchange, response: Response, outcome: Outcome, context: Mapping[str, Any]) -> None:
        """Write one line."""
        known = variables(exchange, response, outcome)
        line = list(self.parts)
        for index in range(1, len(line), 2):
            name = line[index]
            found = known[name] if name in known else dig(context, name.split("."))
            line[index] = "-" if found is None or found == "" else shown(found)
        self.size += self.file.write("".join(line))
        self.file.flush()
        if self.size > ROTATE_BYTES:
            self.rotate()

    def rotate(self) -> None:
        """Keep one older file."""
        self.file.close()
        self.path.replace(self.path.with_suffix(".1.log"))
        self.open()

    def close(self) -> None:
        """Close the file."""
        self.file.close()


def variables(exchange: Exchange, response: Response, outcome: Outcome) -> dict[str, Any]:
    """The variables that only the access log has, and those that are known when all is over."""
    refusal = outcome.refusal
    return {
        "status": response.status,
        "responseLength": len(response.body),
        "responseLatency": round(outcome.latency),
        "integrationLatency": outcome.integration_latency,
        "integration.latency": outcome.integration_latency,
        "integration.status": outcome.integration_status,
        "integrationStatus": outcome.integration_status,
        "integration.requestId": outcome.function_request_id,
        "awsEndpointRequestId": outcome.function_request_id,
        "integrationErrorMessage": outcome.integration_error,
        "integration.error": outcome.integration_error,
        "error.message": refusal and refusal.message,
        "error.messageString": refusal and json.dumps(refusal.message),
        "error.responseType": refusal and refusal.kind,
        "error.validationErrorString": refusal and refusal.details,
        "xrayTraceId": exchange.trace_id.partition("Root=")[2].split(";")[0],
        "customDomain.basePathMatched": exchange.base_path,
    }
