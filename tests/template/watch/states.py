"""When an alarm would be in ALARM, by CloudWatch's rules: periods, data points, missing data, rules of composites.

A window of up to a day is looked at as often as the sixtieth part of it, a longer one every hour, and each at every
moment at which the traffic changes. CloudWatch looks every minute, and how often at more than a day is an assumption.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.template.watch.metric_math import Value, evaluate, query
from tests.template.watch.stack import Alarms
from tests.template.watch.traffic import History, metric, statistic

BREACHES: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
}
HOUR, DAY = 60, 24 * 60
Changes = list[tuple[int, bool]]  # (minute, whether it is in ALARM from then on)


def state(name: str, alarms: Alarms, history: History) -> Changes:
    """The changes of an alarm's state, the first one at minute 0."""
    block = alarms[name]
    if "AlarmRule" not in block:
        return _reduced([(minute, breached(block, history, minute)) for minute in _moments(block, history)])
    rule = re.findall(r'ALARM\("(\w+)"\)', block["AlarmRule"])
    if block["AlarmRule"] != " AND ".join(f'ALARM("{each}")' for each in rule):
        raise ValueError(block["AlarmRule"])
    parts = [state(each, alarms, history) for each in rule]
    moments = sorted({minute for part in parts for minute, _ in part})
    return _reduced([(minute, all(at(part, minute) for part in parts)) for minute in moments])


def at(changes: Changes, minute: int) -> bool:
    """The state at one minute."""
    return [rings for moment, rings in changes if moment <= minute][-1]


def breached(block: dict[str, Any], history: History, minute: int) -> bool:
    """Whether enough of the last periods are beyond the threshold."""
    found = [value_of(block, history, minute, back) for back in range(int(block["EvaluationPeriods"]))]
    beyond = BREACHES[block["ComparisonOperator"]]
    missing = {"notBreaching": False, "breaching": True}[block["TreatMissingData"]]
    bad = sum(missing if value is None else beyond(value, float(block["Threshold"])) for value in found)
    return bad >= int(block.get("DatapointsToAlarm", block["EvaluationPeriods"]))


def value_of(block: dict[str, Any], history: History, minute: int, back: int) -> Value:
    """What the alarm compares with its threshold: in the period that is the last but `back`."""
    if "Metrics" not in block:
        return _read(block, block.get("Statistic", ""), history, minute, int(block["Period"]), back)
    values: dict[str, Value] = {}
    for each in block["Metrics"][1:]:
        said = each["MetricStat"]
        values[each["Id"]] = _read(said["Metric"], said["Stat"], history, minute, int(said["Period"]), back)
    asked = block["Metrics"][0]
    if asked["Expression"].startswith("SELECT"):
        return _answer(asked["Expression"], history, minute, int(asked["Period"]), back)
    return evaluate(asked["Expression"], values)


def _read(named: dict[str, Any], how: str, history: History, minute: int, period: int, back: int) -> Value:
    dimensions = {each["Name"]: each["Value"] for each in named.get("Dimensions", [])}
    key = metric(named["Namespace"], named["MetricName"], **dimensions)
    return statistic(how, history.window(key, *_window(minute, period, back)))


def _answer(text: str, history: History, minute: int, period: int, back: int) -> Value:
    function, name, namespace, dimensions, wanted = query(text)
    counts = [
        history.window(key, *_window(minute, period, back))
        for key in history.metrics
        if key[:2] == (namespace, name) and {pair[0] for pair in key[2]} == dimensions and key[2] & wanted
    ]
    how = {"SUM": "Sum", "MAX": "Maximum"}[function]
    found = [value for each in counts if (value := statistic(how, each)) is not None]
    if not found:
        return None
    return sum(found) if function == "SUM" else max(found)


def _window(minute: int, period: int, back: int) -> tuple[int, int]:
    length = period // 60
    return minute - (back + 1) * length, minute - back * length


def _moments(block: dict[str, Any], history: History) -> list[int]:
    """When the state is looked at: for a window's length after each change of the traffic."""
    return sorted(set(_all_moments(block, history)))


def _all_moments(block: dict[str, Any], history: History) -> Iterator[int]:
    period = max([int(block.get("Period", 0)), *(_period(each) for each in block.get("Metrics", []))]) // 60
    length = period * int(block["EvaluationPeriods"])
    step = HOUR if length > DAY else max(1, period // 60)
    last = history.changes[-1]
    for change in history.changes:
        yield from range(change, min(change + length + step, last) + 1, step)
    yield last


def _period(each: dict[str, Any]) -> int:
    return int(each["MetricStat"]["Period"] if "MetricStat" in each else each.get("Period", 0))


def _reduced(changes: Changes) -> Changes:
    return [each for place, each in enumerate(changes) if place == 0 or each[1] != changes[place - 1][1]]
