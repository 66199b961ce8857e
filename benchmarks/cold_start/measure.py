"""Time and memory: every subject started from scratch in every round, all of them interleaved in one run.

Just before each start the empty function starts once, and the two are compared as a pair: the speed of a machine drifts
within a run, and what slows one of the pair slows the other.
"""

from __future__ import annotations

import random
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from benchmarks.ground.figures import summary
from benchmarks.peers.packages import Package
from benchmarks.peers.table import BY_NAME, FLOOR, Subject
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


@dataclass(frozen=True)
class Pair:
    """A start, and that of the empty function just before it."""

    floor: Sample
    own: Sample


def sample(machine: Machine, subject: Subject, package: Package, warm_calls: int) -> Sample:
    """Start, first response, warm calls, memory, logs, end."""
    folder = package.live if subject.live else package.dead
    if not subject.keeps:
        machine = replace(machine, endpoint=machine.closing)
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
) -> dict[str, list[Pair]]:
    """All subjects in up to `rounds` rounds, in a new order each round: their pairs, by key."""
    collected: dict[str, list[Pair]] = defaultdict(list)
    order = list(subjects)
    for number in range(rounds):
        random.Random(number).shuffle(order)
        for subject in order:
            if subject.due(number):
                collected[subject.key].append(pair(machine, subject, built, warm_calls if subject.live else 0))
        say(f"round {number + 1} of {rounds}")
    return collected


def pair(machine: Machine, subject: Subject, built: dict[str, Package], warm_calls: int) -> Pair:
    """The empty function once, and the subject."""
    floor = sample(machine, Subject(BY_NAME[FLOOR], "get"), built[FLOOR], 0)
    return Pair(floor, sample(machine, subject, built[subject.peer.name], warm_calls))


def floor_of(collected: dict[str, list[Pair]]) -> dict[str, float]:
    """The spread of all starts of the empty function: how quiet the machine was."""
    return summary([one.floor.cold for pairs in collected.values() for one in pairs])


def record(pairs: Sequence[Pair]) -> dict[str, object]:
    """Medians and spread of a subject's starts, each also as a multiple of the empty function's start before it."""
    samples = [one.own for one in pairs]
    found: dict[str, object] = {
        "starts": len(samples),
        "cold_over_empty": summary([one.own.cold / one.floor.cold for one in pairs]),
        "processor_over_empty": summary([one.own.cold_processor / one.floor.cold_processor for one in pairs]),
        "cold_ms": summary([one.cold for one in samples]),
        "init_ms": summary([one.init for one in samples]),
        "init_processor_ms": summary([one.init_processor for one in samples]),
        "cold_processor_ms": summary([one.cold_processor for one in samples]),
        "first_ms": summary([one.first for one in samples]),
        "resident_bytes": summary([float(one.resident_bytes) for one in samples]),
    }
    return found | (warm_record(samples) if samples[0].warm else {})


def warm_record(samples: Sequence[Sample]) -> dict[str, object]:
    """The warm calls: all of them, and the medians of each start, whose spread tells how well they repeat."""
    return {
        "warm_ms": summary([call for one in samples for call in one.warm]),
        "warm_median_ms": summary([statistics.median(one.warm) for one in samples]),
        "warm_processor_ms": summary([one.warm_processor for one in samples]),
        "log_bytes": max(one.log_bytes for one in samples),
        "cold_log_bytes": max(one.cold_log_bytes for one in samples),
    }


def progress(text: str) -> None:
    """One line to the person who waits."""
    print(f"bench: {text}", file=sys.stderr, flush=True)
