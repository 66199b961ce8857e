"""The model of CloudWatch: values without data, queries, statistics, data points, composites."""

from __future__ import annotations

from typing import Any

import pytest

from tests.template.watch.metric_math import NotUnderstood, evaluate, query
from tests.template.watch.states import at, state
from tests.template.watch.traffic import History, Phase, statistic

ALARM: dict[str, Any] = {
    "Namespace": "AWS/ApiGateway",
    "MetricName": "5XXError",
    "Dimensions": [{"Name": "ApiName", "Value": "users-api"}, {"Name": "Stage", "Value": "Prod"}],
    "Statistic": "Sum",
    "Period": 300,
    "EvaluationPeriods": 3,
    "Threshold": 1,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "TreatMissingData": "notBreaching",
}


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("100 * a / b", 25.0),
        ("a / zero", None),
        ("a + none", None),
        ("FILL(none, 0) + a", 2.0),
        ("FILL(a, 0) + a", 4.0),
        ("IF(a >= 2, b - a, 0)", 6.0),
        ("IF(a > 2, b - a, 0)", 0),
        ("IF(none >= 2, 1, 0)", None),
        ("IF(a <= 1, 1, 7)", 7),
    ],
)
def test_metric_math(expression: str, result: float | None) -> None:
    assert evaluate(expression, {"a": 2.0, "b": 8.0, "zero": 0.0, "none": None}) == result


@pytest.mark.parametrize("expression", ["RATE(a)", "a ** 2", "a if a else 1", "-a", "'a'"])
def test_what_is_not_modelled_is_refused(expression: str) -> None:
    with pytest.raises(NotUnderstood):
        evaluate(expression, {"a": 2.0})


def test_a_query() -> None:
    text = "SELECT MAX(Age) FROM SCHEMA(\"AWS/SQS\", QueueName)\n WHERE QueueName = 'a' OR QueueName = 'b'"
    pairs = {("QueueName", "a"), ("QueueName", "b")}
    assert query(text) == ("MAX", "Age", "AWS/SQS", {"QueueName"}, pairs)


@pytest.mark.parametrize("text", ["SELECT AVG(A) FROM SCHEMA(\"N\", D) WHERE D = 'a'", "SELECT MAX(A) FROM N WHERE a"])
def test_another_query_is_refused(text: str) -> None:
    with pytest.raises(NotUnderstood):
        query(text)


@pytest.mark.parametrize(
    ("name", "value"),
    [("Sum", 1300.0), ("Average", 13.0), ("Maximum", 40), ("p99", 40), ("p50", 10), ("PR(0:10)", 90.0)],
)
def test_statistics(name: str, value: float) -> None:
    assert statistic(name, {10: 90.0, 40: 10.0}) == value
    assert statistic(name, {}) is None


def test_an_unknown_statistic_is_refused() -> None:
    with pytest.raises(ValueError, match="tm99"):
        statistic("tm99", {1: 1.0})


def test_an_alarm_needs_its_periods_and_ends_with_them() -> None:
    history = History(Phase(60), Phase(30, failed=0.1), Phase(60))
    changes = state("it", {"it": ALARM}, history)
    assert changes == [(0, False), (11, True), (35, False)]
    assert [at(changes, minute) for minute in (10, 34, 90)] == [False, True, False]


def test_two_of_three_data_points_are_earlier_than_three() -> None:
    history = History(Phase(60), Phase(30, failed=0.1))
    first = {name: state(name, {name: {**ALARM, **more}}, history)[1][0] for name, more in
             {"two": {"DatapointsToAlarm": 2}, "three": {}}.items()}  # fmt: skip
    assert first["two"] < first["three"]


def test_no_data_is_what_the_alarm_says_that_it_is() -> None:
    history = History(Phase(60), Phase(60, requests=0))
    below = {**ALARM, "ComparisonOperator": "LessThanThreshold"}
    assert state("it", {"it": {**below, "TreatMissingData": "breaching"}}, history)[-1][1]
    assert not state("it", {"it": {**ALARM, "TreatMissingData": "notBreaching"}}, history)[-1][1]


def test_a_composite_rings_while_all_of_its_parts_do() -> None:
    long = {**ALARM, "EvaluationPeriods": 1, "Period": 3600, "Threshold": 50}
    short = {**ALARM, "EvaluationPeriods": 1}
    both = {"AlarmRule": 'ALARM("long") AND ALARM("short")'}
    found = {"long": long, "short": short, "both": both}
    history = History(Phase(60), Phase(10, failed=0.1), Phase(120))
    (_, _), (rings, _), (ends, _) = state("both", found, history)
    assert 5 <= rings <= 10
    assert ends <= 16 < 50 < state("long", found, history)[-1][0]


def test_another_rule_is_refused() -> None:
    found = {"a": ALARM, "both": {"AlarmRule": 'ALARM("a") OR ALARM("a")'}}
    with pytest.raises(ValueError, match="OR"):
        state("both", found, History(Phase(60), Phase(60)))
