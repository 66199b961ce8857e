"""The goals, each met or not by the figures of one run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.report.relative import Results, cold


@dataclass(frozen=True)
class Goal:
    """One line: what is compared, which way is better, and by how much."""

    name: str
    figure: Callable[[Results], float]
    bound: float
    at_least: bool = True
    unit: str = " times"
    cause: str = ""  # why it is missed, where that is known
    peer: str = ""  # whom ours is compared with: a goal holds for the version that was measured

    def met(self, value: float) -> bool:
        """Whether a value reaches the bound."""
        return value >= self.bound if self.at_least else value <= self.bound


def ratio(over: str, under: str) -> Callable[[Results], float]:
    """How many times as long one cold start takes as another, each compared with the empty function beside it."""
    return lambda results: cold(results, over) / cold(results, under)


def start(key: str) -> Callable[[Results], float]:
    """How many times as long as the empty function a cold start takes."""
    return lambda results: cold(results, key)


def warm_instructions(results: Results, key: str) -> float:
    """Instructions of a warm request beyond the empty handler's."""
    subjects = results["subjects"]
    return float(subjects[key]["warm_instructions"] - subjects["empty.get"]["warm_instructions"])


def instructions_ratio(key: str) -> Callable[[Results], float]:
    """Warm instructions over the floor, theirs by ours."""
    return lambda results: warm_instructions(results, key) / warm_instructions(results, "ours.get")


def own_time(results: Results, key: str) -> float:
    """Milliseconds of a warm call beyond the empty handler and one raw round trip to the database."""
    subjects = results["subjects"]
    floor = subjects["empty.get"]["warm_ms"]["p50"] + results["raw_round_trip_ms"]
    return float(subjects[key]["warm_ms"]["p50"] - floor)


def own_time_ratio(key: str) -> Callable[[Results], float]:
    """Warm time over the floor, theirs by ours."""
    return lambda results: own_time(results, key) / own_time(results, "ours.get")


def memory_ratio(results: Results) -> float:
    """Resident memory, the largest of our two functions by the empty one's."""
    subjects = results["subjects"]
    ours = max(subjects[key]["resident_bytes"]["p50"] for key in ("ours.get", "ours.create"))
    return float(ours / subjects["empty.get"]["resident_bytes"]["p50"])


def modules(operation: str) -> Callable[[Results], float]:
    """Modules beyond those of the empty handler."""
    return lambda results: float(results["modules_beyond_runtime"][operation])


def local_speedup(results: Results) -> float:
    """Requests per second of GET at 10 clients, ours by the emulator's own gateway and executor."""
    local = results["local"]["get"]
    return float(local["ours"]["10"]["requests_per_second"] / local["gateway"]["10"]["requests_per_second"])


MANY_MODULES = "13 are sockets, TLS and hashes, the others our own: rules, conditions and transaction, one task each"
PUBLIC_TLS = "the standard library's TLS and sockets are 38 of the 85 million instructions beyond the empty function's"
BYTE_CODE = "two thirds are byte code, which saves 95 million instructions of every cold GET"

GOALS = (
    Goal("cold get / empty function", start("ours.get"), 1.5, at_least=False, cause=PUBLIC_TLS),
    Goal("cold create / empty function", start("ours.create"), 1.6, at_least=False, cause=PUBLIC_TLS),
    Goal("cold: boto3 tutorial / ours (get)", ratio("boto3_resource.get", "ours.get"), 4.5, peer="boto3_resource"),
    Goal("the same with stale bytecode", ratio("boto3_resource.get.dead", "ours.get.dead"), 10, peer="boto3_resource"),
    Goal(
        "cold: Powertools create / ours", ratio("powertools_parser.create", "ours.create"), 7, peer="powertools_parser"
    ),
    Goal(
        "the same with stale bytecode",
        ratio("powertools_parser.create.dead", "ours.create.dead"),
        16,
        peer="powertools_parser",
    ),
    Goal("cold: FastAPI + Mangum / ours (get)", ratio("fastapi_mangum.get", "ours.get"), 9, peer="fastapi_mangum"),
    Goal("the same with stale bytecode", ratio("fastapi_mangum.get.dead", "ours.get.dead"), 20, peer="fastapi_mangum"),
    Goal(
        "warm instructions over empty: tutorial / ours",
        instructions_ratio("boto3_resource.get"),
        9,
        peer="boto3_resource",
    ),
    Goal(
        "warm instructions over empty: Powertools / ours", instructions_ratio("powertools.get"), 12, peer="powertools"
    ),
    Goal(
        "warm p50 over empty + round trip: tutorial / ours",
        own_time_ratio("boto3_resource.get"),
        4.5,
        peer="boto3_resource",
    ),
    Goal("warm p50 over empty + round trip: Powertools / ours", own_time_ratio("powertools.get"), 6, peer="powertools"),
    Goal("modules beyond the bare runtime client, get", modules("get"), 35, at_least=False, unit=" modules"),
    Goal("the same, create", modules("create"), 35, at_least=False, unit=" modules", cause=MANY_MODULES),
    Goal("resident memory / empty", memory_ratio, 1.6, at_least=False),
    Goal(
        "deployed zip",
        lambda results: results["packages"]["ours"]["deployed_zip_bytes"] / 1000,
        100,
        at_least=False,
        unit=" KB",
        cause=BYTE_CODE,
    ),
    Goal("local GET at 10 clients: ours / ministack's gateway", local_speedup, 4),
)


@dataclass(frozen=True)
class Verdict:
    """A goal and what was measured; `value` is None where the run did not measure it."""

    goal: Goal
    value: float | None

    @property
    def text(self) -> str:
        """met, missed with the cause where it is known, or not measured."""
        if self.value is None:
            return "not measured"
        if self.goal.met(self.value):
            return "met"
        return f"MISSED: {self.goal.cause}" if self.goal.cause else "MISSED"


def judged(results: Results) -> list[Verdict]:
    """Every goal, in order."""
    verdicts = []
    for goal in GOALS:
        try:
            value: float | None = goal.figure(results)
        except KeyError:
            value = None
        # on a machine so busy that a floor lies above what stands on it, a ratio means nothing
        verdicts.append(Verdict(goal, value if value is not None and value > 0 else None))
    return verdicts
