"""A consumer as Lambda runs it: its own modules, its own environment, one batch after the other."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

from tests.proofs.events.stage import Consumer, Stage
from tests.proofs.system import ROOT, System, installed, ours
from tests.support.events import Context

SOURCE = ROOT / "src"


def nothing(_system: System) -> None:
    """Leave all as it is."""


@dataclass
class Outcome:
    """What came of one batch: ids to retry, messages in the dead-letter queue with their reasons, and log lines."""

    failed: list[str]
    aside: list[tuple[str, str]]
    logged: list[logging.LogRecord] = field(repr=False)

    def told(self, event: str) -> list[str]:
        """The ids of the events that a line of this name is about."""
        return [str(vars(line).get("eventId")) for line in self.logged if line.msg == event]


class Running:
    """One consumer of one version of src/. Its modules and connections stay from batch to batch."""

    def __init__(self, stage: Stage, consumer: Consumer, source: Path = SOURCE) -> None:
        self.stage, self.consumer, self.source = stage, consumer, source
        self._modules: dict[str, ModuleType] = {}

    @contextlib.contextmanager
    def active(self) -> Iterator[System]:
        """For the time of the block, this process is this function's."""
        with installed(self.source) as system, mock.patch.dict(os.environ, self.consumer.environment, clear=True):
            sys.modules.update(self._modules)
            yield system
            self._modules = {name: module for name, module in sys.modules.items() if ours(name)}

    def invoke(
        self, records: Sequence[Mapping[str, Any]], seconds: float = 10, wire: Callable[[System], None] = nothing
    ) -> Outcome:
        """Hand over a batch. `wire` may give the function other dependencies first."""
        lines = Lines()
        with self.active() as system, lines.heard():
            wire(system)
            handler = system.module(f"consumers.{self.consumer.name}").lambda_handler
            try:
                answer = handler({"Records": list(records)}, Context(seconds))
                failed = [it["itemIdentifier"] for it in answer["batchItemFailures"]]
            except Exception:
                failed = [identifier(record) for record in records]
        queue = self.consumer.environment.get("FAILURES_QUEUE")
        return Outcome(failed, self.stage.taken_from(queue) if queue else [], lines.records)


def identifier(record: Mapping[str, Any]) -> str:
    """What Lambda calls one record of a queue or a stream."""
    return str(record.get("messageId") or record["dynamodb"].get("SequenceNumber", ""))


class Lines(logging.Handler):
    """Keeps what the code logs."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.records.append(record)

    @contextlib.contextmanager
    def heard(self) -> Iterator[None]:
        """Listen for the time of the block."""
        log = logging.getLogger("users_api")
        level = log.level
        log.addHandler(self)
        log.setLevel(logging.INFO)
        try:
            yield
        finally:
            log.removeHandler(self)
            log.setLevel(level)
