"""Time and memory: every subject started afresh in every round, all of them interleaved in one run."""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.ground.figures import summary
from benchmarks.peers.packages import Package
from benchmarks.peers.table import Subject
from benchmarks.stage.function import Function, Machine

SETTLING = 5  # warm calls that are made but not counted


@dataclass(frozen=True)
class Sample:
    """One start of one function; times in milliseconds."""

    cold: float
    init: float
    first: float
    init_processor: float  # processor time: what it takes when nothing else wants the processor
    cold_processor: float
    warm_processor: float  # per warm request
    warm: list[float]
    resident_bytes: int
    log_bytes: float  # per warm request
    cold_log_bytes: int


def sample(machine: Machine, subject: Subject, package: Package, warm_calls: int) -> Sample:
    """Start, first answer, warm calls, memory, logs, end."""
    folder = package.live if subject.live else package.dead
    with Function(machine, subject.peer, subject.operation, folder) as function:
        init, init_processor = function.ready(), function.processor_seconds()
        _, sent, answered = function.call()
        cold, cold_processor = answered - function.started, function.processor_seconds()
        for _ in range(SETTLING if warm_calls else 0):
            function.call()
        function.ready()  # whatever is logged for a call is written before the next one is asked for
        logged, used = function.output_bytes(), function.processor_seconds()
        calls = [function.call() for _ in range(warm_calls)]
        function.ready()
        return Sample(
            cold * 1e3,
            init * 1e3,
            (answered - sent) * 1e3,
            init_processor * 1e3,
            cold_processor * 1e3,
            (function.processor_seconds() - used) * 1e3 / max(1, warm_calls),
            [(end - start) * 1e3 for _, start, end in calls],
            function.resident_bytes(),
            (function.output_bytes() - logged) / max(1, warm_calls),
            logged,
        )


def run(
    machine: Machine,
    subjects: Sequence[Subject],
    built: dict[str, Package],
    rounds: int,
    warm_calls: int,
    say: Callable[[str], None],
) -> dict[str, dict[str, object]]:
    """All subjects, `rounds` times, in a new order each round; one record each, by key."""
    collected: dict[str, list[Sample]] = defaultdict(list)
    order = list(subjects)
    for number in range(rounds):
        random.Random(number).shuffle(order)
        for subject in order:
            calls = warm_calls if subject.live else 0
            collected[subject.key].append(sample(machine, subject, built[subject.peer.name], calls))
        say(f"round {number + 1} of {rounds}")
    return {key: record(samples) for key, samples in collected.items()}


def record(samples: list[Sample]) -> dict[str, object]:
    """Medians and spread of a subject's samples."""
    found: dict[str, object] = {
        "starts": len(samples),
        "cold_ms": summary([one.cold for one in samples]),
        "init_ms": summary([one.init for one in samples]),
        "init_processor_ms": summary([one.init_processor for one in samples]),
        "cold_processor_ms": summary([one.cold_processor for one in samples]),
        "first_ms": summary([one.first for one in samples]),
        "resident_bytes": summary([float(one.resident_bytes) for one in samples]),
    }
    warm = [call for one in samples for call in one.warm]
    if warm:
        found["warm_ms"] = summary(warm)
        found["warm_processor_ms"] = summary([one.warm_processor for one in samples])
        found["log_bytes"] = max(one.log_bytes for one in samples)
        found["cold_log_bytes"] = max(one.cold_log_bytes for one in samples)
    return found


def progress(text: str) -> None:
    """One line to the person who waits."""
    print(f"bench: {text}", file=sys.stderr, flush=True)
