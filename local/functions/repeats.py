"""A batch of a stream that fails is retried, twice a second: which of its lines a person should see."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

STREAMS = ("aws:dynamodb", "aws:kinesis")


class Repeats:
    """Counts how often each function has failed on the batch that it is stuck at."""

    def __init__(self) -> None:
        self.stuck: dict[str, tuple[str, int]] = {}  # by function: its batch, failures

    def note(self, call: Mapping[str, Any], *, failed: bool) -> tuple[bool, str]:
        """Whether to show the lines of an invocation, and words to add.

        The first failure is shown, then the second, fourth, eighth and so on, and the end.
        """
        batch = batch_of(call["event"])
        if not batch:
            return True, ""
        before, failures = self.stuck.pop(call["function"], ("", 0))
        if before != batch:
            failures = 0
        if not failed:
            return True, f"after {failures} failures" if failures else ""
        self.stuck[call["function"]] = batch, failures + 1
        return is_power_of_two(failures + 1), f"failure {failures + 1} of this batch" if failures else ""


def batch_of(event: Any) -> str:
    """An id of a batch of a stream; empty for any other event."""
    records = event.get("Records") if isinstance(event, dict) else None
    first = records[0] if isinstance(records, list) and records else None
    if not isinstance(first, dict) or first.get("eventSource") not in STREAMS:
        return ""
    return hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()


def hands_back(answer: Any) -> bool:
    """Whether a response names records that are to be retried."""
    return isinstance(answer, dict) and bool(answer.get("batchItemFailures"))


def is_power_of_two(number: int) -> bool:
    """Whether a number is 1, 2, 4, 8 ..."""
    return number & (number - 1) == 0
