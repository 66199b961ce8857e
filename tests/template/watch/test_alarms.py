"""The alarms of infra/watch.yaml ring for what they promise, in time, and for nothing else; each threshold matters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.template.stack import actual
from tests.template.watch.scenarios import OBJECTIVES, Scenario, everything
from tests.template.watch.stack import Alarms, alarms

SCENARIOS = everything()
COUNTS = {
    "Crashes",
    "FunctionThrottles",
    "QuotaExceeded",
    "BrokenClaims",
    "ItemsLeftOut",
    "NoTraffic",
    "ServerErrorsAlarm",
}
LEFT = re.compile(r"(?<=>= )\d+")  # what an expression compares with
RANK = re.compile(r"(?<=PR\(0:)\d+")
Mutation = tuple[str, str, Callable[[dict[str, Any], float], None]]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_who_rings(scenario: Scenario) -> None:
    assert list(scenario.faults(alarms())) == []


def count_faults(found: Alarms) -> Iterator[str]:
    """Alarms on what must never happen ring for the first time that it does: half of one is one, and twice is late."""
    for name in sorted(COUNTS & set(found)):
        if float(found[name]["Threshold"]) != 1:
            yield f"{name} does not ring for the first one"


def test_once_is_enough() -> None:
    assert list(count_faults(alarms())) == []


def mutations(found: Alarms) -> Iterator[Mutation]:
    """Every number that an alarm compares with: (alarm, which number, what sets it to a multiple of itself)."""
    for name, block in found.items():
        if "Threshold" in block:
            yield name, "threshold", _threshold
        for place, each in enumerate(block.get("Metrics", [])):
            if LEFT.search(each.get("Expression", "")):
                yield name, "guard", _in_text(LEFT, "Expression", place)
            if RANK.search(each.get("MetricStat", {}).get("Stat", "")):
                yield name, "rank", _in_text(RANK, "Stat", place)


def _threshold(block: dict[str, Any], times: float) -> None:
    block["Threshold"] = float(block["Threshold"]) * times


def _in_text(pattern: re.Pattern[str], key: str, place: int) -> Callable[[dict[str, Any], float], None]:
    def change(block: dict[str, Any], times: float) -> None:
        each = block["Metrics"][place]
        holder = each if key in each else each["MetricStat"]
        holder[key] = pattern.sub(lambda number: f"{float(number[0]) * times:g}", holder[key])

    return change


MUTATIONS = [
    pytest.param(name, change, times, id=f"{name} {what} x {times}")
    for name, what, change in mutations(alarms())
    for times in (0.5, 1.5)
]


@pytest.mark.parametrize(("name", "change", "times"), MUTATIONS)
def test_a_threshold_that_is_wrong_by_half_is_noticed(name: str, change: Any, times: float) -> None:
    wrong = alarms()
    change(wrong[name], times)
    affected = frozenset({name} | {it for it, block in wrong.items() if f'"{name}"' in block.get("AlarmRule", "")})
    assert any(list(scenario.faults(wrong, affected)) for scenario in SCENARIOS) or list(count_faults(wrong))


def test_every_alarm_is_tried_on_both_sides() -> None:
    own = {name for name in alarms() if not name.endswith(("Long", "Short"))}
    assert own == {name for scenario in SCENARIOS for name in scenario.rings}
    assert len(MUTATIONS) > 80


def test_an_objective_is_watched_in_two_windows_with_one_threshold() -> None:
    """The short window is the twelfth part of the long one, as is usual."""
    found = alarms()
    for name in OBJECTIVES:
        long, short = found[f"{name}Long"], found[f"{name}Short"]
        periods = [each["Metrics"][1]["MetricStat"]["Period"] for each in (long, short)]
        assert int(periods[0]) == 12 * int(periods[1])
        assert long["Threshold"] == short["Threshold"]


def test_periods_are_ones_that_cloudwatch_takes() -> None:
    """At most a day in all, or seven days if a period is an hour or more; three hours for a query; ten metrics."""
    for name, block in alarms().items():
        if "AlarmRule" in block:
            continue
        metrics = block.get("Metrics", [])
        periods = {int(it.get("Period") or it["MetricStat"]["Period"]) for it in metrics if len(it) > 2}
        (period,) = periods or {int(block["Period"])}
        whole = period * int(block["EvaluationPeriods"])
        asks = any("SELECT" in each.get("Expression", "") for each in metrics)
        assert whole <= (3 * 3600 if asks else 7 * 86400 if period >= 3600 else 86400), name
        assert len(metrics) <= 11, name
        assert all(len(each.get("Expression", "")) <= 2048 for each in metrics), name


def test_dead_letters_are_announced_before_the_first_can_expire() -> None:
    """A message keeps the age that it had in its first queue, where it can be for the default of four days."""
    queues = [block["Properties"] for block in actual().resources.values() if block["Type"] == "AWS::SQS::Queue"]
    kept = min(int(queue.get("MessageRetentionPeriod", 4 * 86400)) for queue in queues if "RedrivePolicy" not in queue)
    before = max(int(queue.get("MessageRetentionPeriod", 4 * 86400)) for queue in queues if "RedrivePolicy" in queue)
    assert float(alarms()["DeadLettersExpire"]["Threshold"]) <= kept - before - 86400
