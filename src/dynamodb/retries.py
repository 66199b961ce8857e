"""Retries: the failures that are worth another attempt, the pause before it, and the budget of a process.

This is the AWS SDKs' standard retry mode with DynamoDB's settings: 4 attempts with exponential backoff and full
jitter. The pause starts at 25 ms, after throttling at 1 s, and is at most 20 s. A budget of 500 tokens keeps clients
from multiplying an outage.
"""

from __future__ import annotations

import os
import threading

from dynamodb.errors import DynamoDBError
from utils.deadline import LEAST_TIME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from utils.deadline import Deadline

    Answer = dict[str, Any]

MAX_ATTEMPTS = 4
BASE_DELAY = 0.025  # seconds
THROTTLED_BASE_DELAY = 1.0
MAX_DELAY = 20.0
MAX_EXTRA_RETRY_AFTER = 5.0
CAPACITY = 500
COST = 14
THROTTLED_COST = 5

THROTTLING_CODES = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
# Another write was at the item. The SDKs leave the second one to their caller; here it is no different.
CONTENTION_CODES = frozenset({"ReplicatedWriteConflictException", "TransactionConflictException"})
TRANSIENT_CODES = frozenset({"RequestTimeout", "RequestTimeoutException"}) | CONTENTION_CODES
TRANSIENT_STATUSES = frozenset({500, 502, 503, 504})

THROTTLING = "throttling"
TRANSIENT = "transient"


def kind(status: int, code: str) -> str:
    """THROTTLING, TRANSIENT, or "" for a response that another attempt would not change."""
    if code in THROTTLING_CODES:
        return THROTTLING
    if code in TRANSIENT_CODES or status in TRANSIENT_STATUSES:
        return TRANSIENT
    return ""


def random_fraction() -> float:
    """Uniform in [0, 1), from the system: the same on every thread and after a snapshot is restored."""
    return int.from_bytes(os.urandom(6), "big") / (1 << 48)


def delay(kind: str, attempt: int, random: Callable[[], float], retry_after: float | None = None) -> float:
    """Seconds to wait after attempt number `attempt` (1, 2, ...); `retry_after` is what the answer asked for."""
    base = THROTTLED_BASE_DELAY if kind == THROTTLING else BASE_DELAY
    seconds: float = random() * min(base * 2 ** (attempt - 1), MAX_DELAY)
    if retry_after is None:
        return seconds
    return max(seconds, min(retry_after, seconds + MAX_EXTRA_RETRY_AFTER))


class Budget:
    """The tokens all calls of a client share: a retry takes some, a success gives back what its retry took, or 1."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._left = capacity
        self._lock = threading.Lock()

    @property
    def left(self) -> int:
        """Tokens left."""
        return self._left

    def take(self, kind: str) -> int:
        """The tokens taken for one retry; 0 when too few are left."""
        cost = THROTTLED_COST if kind == THROTTLING else COST
        with self._lock:
            if cost > self._left:
                return 0
            self._left -= cost
            return cost

    def give_back(self, tokens: int) -> None:
        """Return the tokens of a call that succeeded: those of its last retry, or 1."""
        if self._left != self._capacity:
            with self._lock:
                self._left = min(self._capacity, self._left + tokens)


class Retries:
    """Attempts after the first, while the failure allows, the attempts and the budget last, and time is left."""

    def __init__(
        self,
        sleep: Callable[[float], None],
        random: Callable[[], float] | None = None,
        budget: Budget | None = None,
        max_attempts: int = 0,
    ) -> None:
        self._sleep = sleep
        self._random = random or random_fraction
        self.budget = budget or Budget()
        self._max_attempts = max_attempts or MAX_ATTEMPTS

    def retried(
        self, error: DynamoDBError, deadline: Deadline, attempt: Callable[[], Answer], repeatable: bool = True
    ) -> Answer:
        """The response of a later attempt, after `error` ended the first; else raises the last attempt's error.

        A call that is not `repeatable` is not attempted again once it may have taken effect.
        """
        uncertain = error.uncertain
        for number in range(1, self._max_attempts):
            tokens = self._wait(error, number, deadline) if repeatable or not uncertain else 0
            if not tokens:
                break
            try:
                answer = attempt()
            except DynamoDBError as latest:
                error = latest
                error.uncertain = uncertain = uncertain or error.uncertain
            else:
                self.budget.give_back(tokens)
                return answer
        raise error

    def _wait(self, error: DynamoDBError, number: int, deadline: Deadline) -> int:
        """Wait until the attempt after `number` is due; 0 when there is to be none, else the tokens it cost."""
        if not error.retry:
            return 0
        seconds = delay(error.retry, number, self._random, error.retry_after)
        if seconds + LEAST_TIME > deadline.remaining():
            return 0
        tokens = self.budget.take(error.retry)
        if tokens:
            self._sleep(seconds)
        return tokens
