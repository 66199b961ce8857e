"""The state of ministack's other services, kept as whole states: each as ministack itself would save it at a stop.

A request that may have changed something is answered after the states it can have reached are recorded, if they
differ from what was recorded last. A state over LARGE bytes, and what changes without a request (a schedule that
fires, a queue that is polled), is recorded by a sweep, each second or so.

Queues are large and change all the time. Their messages are recorded one by one (module queues).
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, MutableMapping
from itertools import chain
from typing import Any

from local.aws.emulator.internals import App, entries
from local.aws.in_flight import release
from local.aws.queues import QueueRecorder, QueueReplay
from local.aws.tables.records import dump

log = logging.getLogger("aws")
LARGE = 1 << 20
TRIES = 5
SWEEP_SECONDS = 1.0
IDLE_SWEEP_SECONDS = 15.0
# This state has the positions in streams. The sweep records it before the queues that the records went to: an old
# position repeats records, and a new one could skip them.
POSITIONS = "lambda"
QUEUES = "sqs"
APART = frozenset({"dynamodb", QUEUES})  # they have their own recorders

REACHES = {  # services whose requests change others' state too
    "eventbridge": ("sqs", "sns", "stepfunctions"),
    "sns": ("sqs", "ses"),
    "s3": ("sqs", "sns", "eventbridge"),
    "cognito": ("ses", "sns"),
}
EVERYTHING = frozenset({"cloudformation"})


class Services:
    """Records the states of all loaded services but DynamoDB through `append`."""

    def __init__(self, app: App, append: Callable[[bytes], int]) -> None:
        self.app = app
        self.append = append
        self.queues = QueueRecorder(app, append)
        self.recorded: dict[str, bytes] = {}
        self.touched = True
        self.swept = 0.0

    def module_of(self, scope: MutableMapping[str, Any]) -> str:
        """The module of ministack that a request goes to, as far as its headers tell."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        return self.app.module_of(scope["method"], scope["path"], headers)

    def after(self, module: str) -> None:
        """Record what a request to `module` can have changed."""
        self.touched = True
        key = self.app.state_of(module)
        if module in EVERYTHING:
            self.record(None)
        else:
            self.record({key, *REACHES.get(key, ())} - self.large())

    def touch(self) -> None:
        """Something has changed without a request: the next sweep records it."""
        self.touched = True

    def large(self) -> set[str]:
        """Services whose states are too large to record with every request."""
        return {key for key, payload in self.recorded.items() if len(payload) > LARGE}

    def sweep(self) -> None:
        """Record every state that has changed since; does nothing while nothing was asked for, but now and then."""
        if self.touched or time.monotonic() - self.swept > IDLE_SWEEP_SECONDS:
            self.touched, self.swept = False, time.monotonic()
            self.record(None)

    def record(self, keys: set[str] | None) -> None:
        """Record the named services' states, None for all, where they differ from what was recorded last."""
        for key, payload in self.states(keys):
            if self.recorded.get(key) != payload:
                self.recorded[key] = payload
                self.append(payload)
        if keys is None or QUEUES in keys:
            self.queues.record(quick=keys is not None)

    def states(self, keys: set[str] | None) -> Iterator[tuple[str, bytes]]:
        """Key and record of the loaded services."""
        for key, read in sorted(self.app.states(), key=lambda state: state[0] != POSITIONS):
            if key not in APART and (keys is None or key in keys) and (payload := self.record_of(key, read)):
                yield key, payload

    def take_back(self) -> None:
        """The last record may be lost: record the state again with the next request."""
        self.recorded, self.touched = {}, True
        self.queues.take_back()

    def replay(self, payloads: dict[str, bytes], queues: QueueReplay) -> None:
        """Give each service the state it had; `payloads` are the last records by key."""
        hook = self.app.json.object_hook
        states = {key: json.loads(payload, object_hook=hook)["state"] for key, payload in payloads.items()}
        if kept := queues.state():
            states[QUEUES] = kept
            mappings = states[POSITIONS]["esms"] if POSITIONS in states else {}
            release(entries(kept["queues"]).values(), entries(mappings).values() if mappings else ())
        for key, state in states.items():
            self.app.load(key, state)
        self.recorded = dict(payloads)

    def snapshot(self) -> Iterator[bytes]:
        """All states as records."""
        self.record(None)
        return chain(list(self.recorded.values()), self.queues.snapshot())

    def record_of(self, key: str, read: Callable[[], Any]) -> bytes:
        """A service's state as a record; nothing when it has none, or none that can be written down."""
        for _ in range(TRIES):
            try:
                state = read()
                return b"" if state is None else dump({"service": key, "state": state}, self.app.json.default)
            except RuntimeError:
                continue  # one of its threads changed it meanwhile
            except (TypeError, ValueError) as error:
                log.warning("the state of %s cannot be saved: %s", key, error)
                return b""
        return b""
