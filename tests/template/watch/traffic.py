"""Made-up traffic: what CloudWatch would have counted, minute by minute."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from tests.template.watch.stack import API, FUNCTIONS, NAMES

Metric = tuple[str, str, frozenset[tuple[str, str]]]  # namespace, name, dimensions
Counts = dict[float, float]  # how often a value was reported

LONG_AGO = -20 * 24 * 60  # minutes; the first phase has lasted since then
GATEWAY = {"ApiName": API, "Stage": "Prod"}


def metric(namespace: str, name: str, **dimensions: str) -> Metric:
    return namespace, name, frozenset(dimensions.items())


@dataclass(frozen=True)
class Phase:
    """Some minutes in which nothing changes. Rates are per minute, shares are of the requests, times in ms.

    Half of the requests take 40 ms and half 200 ms, apart from the slow ones.
    """

    minutes: int
    requests: float = 100
    failed: float = 0.0
    rejected: float = 0.02
    slow: float = 0.002
    slow_ms: float = 400
    gap_ms: float = 10
    crashes: float = 0
    refused_functions: float = 0
    concurrency: float = 20
    throttled: float = 0
    faults: float = 0
    quota_refusals: float = 0
    broken_claims: float = 0
    left_out: float = 0
    waiting: float = 3
    dead_for_s: float = 0

    @cached_property
    def counted(self) -> dict[Metric, Counts]:
        """What one minute of this reports; what does not happen reports nothing, or zeros, as AWS does."""
        found: dict[Metric, Counts] = {
            **self._gateway,
            **self._functions,
            metric("AWS/Lambda", "ConcurrentExecutions"): {self.concurrency: 1.0},
            metric("AWS/DynamoDB", "ThrottledRequests", TableName="Users", Operation="PutItem"): {1: self.throttled},
            metric("AWS/DynamoDB", "SystemErrors", TableName=NAMES["UserKeysTable"], Operation="GetItem"): {
                1: self.faults
            },
            metric("AWS/DynamoDB", "ThrottledRequests", TableName="Others", Operation="PutItem"): {1: 1000.0},
            metric("UsersApi", f"{API}-QuotaExceeded"): {1: self.quota_refusals},
            metric("UsersApi", f"{API}-BrokenClaims"): {1: self.broken_claims},
            metric("UsersApi", "ItemsLeftOut", UsersTable="Users"): {1: self.left_out},
            metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", QueueName="q2"): {self.waiting: 1.0},
            metric("AWS/SQS", "ApproximateAgeOfOldestMessage", QueueName="d1"): {self.dead_for_s: 1.0},
            metric("AWS/SQS", "ApproximateAgeOfOldestMessage", QueueName="others"): {1e9: 1.0},
        }
        return {name: counts for name, counts in found.items() if sum(counts.values())}

    @property
    def _gateway(self) -> dict[Metric, Counts]:
        n, slow = self.requests, self.requests * self.slow
        times: Counts = {40.0: (n - slow) / 2, 200.0: (n - slow) / 2, self.slow_ms: slow}
        return {
            metric("AWS/ApiGateway", "Count", **GATEWAY): {1: n},
            metric("AWS/ApiGateway", "5XXError", **GATEWAY): {1: n * self.failed, 0: n * (1 - self.failed)},
            metric("AWS/ApiGateway", "4XXError", **GATEWAY): {1: n * self.rejected, 0: n * (1 - self.rejected)},
            metric("AWS/ApiGateway", "Latency", **GATEWAY): times,
            metric("AWS/ApiGateway", "IntegrationLatency", **GATEWAY): {
                ms - self.gap_ms: often for ms, often in times.items()
            },
        }

    @property
    def _functions(self) -> dict[Metric, Counts]:
        """All calls go to one function, so that the others report nothing."""
        busy = {"FunctionName": NAMES[FUNCTIONS[1]]}
        return {
            metric("AWS/Lambda", "Errors", **busy): {1: self.crashes, 0: self.requests},
            metric("AWS/Lambda", "Throttles", **busy): {1: self.refused_functions, 0: self.requests},
        }


class History:
    """Phases one after the other. Minute 0 is the end of the first one, which has lasted for long."""

    def __init__(self, *phases: Phase) -> None:
        self.spans: list[tuple[int, int, Phase]] = [(LONG_AGO, 0, phases[0])]
        for phase in phases[1:]:
            start = self.spans[-1][1]
            self.spans.append((start, start + phase.minutes, phase))

    @property
    def changes(self) -> list[int]:
        """The minutes at which a phase starts or the history ends."""
        return [end for _, end, _ in self.spans]

    def window(self, name: Metric, start: int, end: int) -> Counts:
        """How often each value was reported from minute `start` to before `end`."""
        found: dict[float, float] = defaultdict(float)
        for first, last, phase in self.spans:
            shared = min(last, end) - max(first, start)
            if shared > 0:
                for value, often in phase.counted.get(name, {}).items():
                    found[value] += often * shared
        return {value: often for value, often in found.items() if often}

    @cached_property
    def metrics(self) -> set[Metric]:
        """All that was ever reported."""
        return {name for _, _, phase in self.spans for name in phase.counted}


def statistic(name: str, counts: Counts) -> float | None:
    """One of CloudWatch's statistics, None where nothing was reported: Sum, Average, Maximum, p99, PR(0:300)."""
    if not counts:
        return None
    total = sum(counts.values())
    if name == "Sum":
        return sum(value * often for value, often in counts.items())
    if name == "Average":
        return sum(value * often for value, often in counts.items()) / total
    if name == "Maximum":
        return max(counts)
    if rank := re.fullmatch(r"PR\((\d+):(\d+)\)", name):
        return 100 * sum(often for value, often in counts.items() if int(rank[1]) <= value <= int(rank[2])) / total
    if percentile := re.fullmatch(r"p(\d+)", name):
        seen = 0.0
        for value in sorted(counts):
            seen += counts[value]
            if seen >= total * int(percentile[1]) / 100:
                return value
    raise ValueError(name)
