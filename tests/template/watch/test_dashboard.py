"""The dashboard, the saved queries and the metric filters name what there is."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.template.stack import actual
from tests.template.watch.stack import API, COMPOSITE, METRIC, ON, of, resolved
from tests.template.watch.traffic import Phase
from users.refusals import BrokenClaim
from utils.faults import log_fault

# What AWS reports for these services, by the names of the dimensions (the developer guides of API Gateway, Lambda,
# DynamoDB and SQS, read 2026-11-27), as far as it is used here; our own metrics are found in the code and templates.
STAGE, TABLE = frozenset({"ApiName", "Stage"}), frozenset({"TableName"})
CALL = frozenset({"TableName", "Operation"})
EMITTED = {
    **{
        ("AWS/ApiGateway", name): {STAGE} for name in ("Count", "4XXError", "5XXError", "Latency", "IntegrationLatency")
    },
    **{("AWS/Lambda", name): {frozenset({"FunctionName"})} for name in ("Errors", "Throttles")},
    ("AWS/Lambda", "ConcurrentExecutions"): {frozenset[str](), frozenset({"FunctionName"})},
    **{("AWS/DynamoDB", name): {CALL} for name in ("ThrottledRequests", "SystemErrors")},
    **{("AWS/DynamoDB", f"Consumed{kind}CapacityUnits"): {TABLE} for kind in ("Read", "Write")},
    **{
        ("AWS/SQS", f"Approximate{name}"): {frozenset({"QueueName"})}
        for name in ("NumberOfMessagesVisible", "AgeOfOldestMessage")
    },
    ("UsersApi", "ItemsLeftOut"): {frozenset({"UsersTable"})},
}
SEARCH = re.compile(r"SEARCH\('\{([\w/]+),([\w,]+)\} MetricName=\"(\w+)\"")
QUERY = re.compile(r'SELECT \w+\((\w+)\) FROM SCHEMA\("([\w/]+)", ([\w, ]+)\)')
BUILT_IN = {"@timestamp", "@log", "@message"}
WATCH = resolved(**ON)
Named = tuple[str, str, frozenset[str]]


def body() -> dict[str, Any]:
    (dashboard,) = of("AWS::CloudWatch::Dashboard", WATCH).values()
    return dict(json.loads(dashboard["DashboardBody"]))


def of_widgets(board: dict[str, Any]) -> Iterator[Named]:
    """Each metric of the dashboard: namespace, name, dimensions."""
    for widget in board["widgets"]:
        for line in widget["properties"].get("metrics", []):
            expression = line[0].get("expression", "") if isinstance(line[0], dict) else ""
            for namespace, dimensions, name in SEARCH.findall(expression):
                yield namespace, name, frozenset(dimensions.split(","))
            if isinstance(line[0], str):
                yield line[0], line[1], frozenset(it for it in line[2::2] if isinstance(it, str))


def of_alarms() -> Iterator[Named]:
    """The same of the alarms."""
    for block in of(METRIC, WATCH).values():
        for each in [block, *(it["MetricStat"]["Metric"] for it in block.get("Metrics", []) if "MetricStat" in it)]:
            if "MetricName" in each:
                dimensions = frozenset(it["Name"] for it in each.get("Dimensions", []))
                yield each["Namespace"], each["MetricName"], dimensions
        for name, namespace, dimensions in QUERY.findall(str(block.get("Metrics", ""))):
            yield namespace, name, frozenset(dimensions.split(", "))


def filtered() -> set[Named]:
    """The metrics that filters make of logs. They have no dimensions."""
    filters = of("AWS::Logs::MetricFilter", WATCH).values()
    made = [each for block in filters for each in block["MetricTransformations"]]
    return {(each["MetricNamespace"], each["MetricName"], frozenset()) for each in made}


def not_emitted(named: Iterator[Named]) -> set[Named]:
    return {each for each in named if each[2] not in EMITTED.get(each[:2], set())} - filtered()


def test_every_metric_is_one_that_is_emitted() -> None:
    assert len(set(of_widgets(body()))) >= 9
    assert not_emitted(of_widgets(body())) == set()
    assert not_emitted(of_alarms()) == set()


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('"5XXError"', '"5xx"'),
        ('"Stage"', '"StageName"'),
        ("Throttles", "Throttled"),
        ("Operation,TableName", "TableName"),
    ],
)
def test_a_metric_that_nobody_emits_is_noticed(right: str, wrong: str) -> None:
    text = json.dumps(body()).replace('\\"', "~")
    spoilt = json.loads(text.replace(right.replace('\\"', "~"), wrong).replace("~", '\\"'))
    assert not_emitted(of_widgets(spoilt))


def test_what_the_model_reports_is_what_is_emitted() -> None:
    """The metrics that the alarms are judged by have the same names and dimensions."""
    everything = Phase(
        1, crashes=1, refused_functions=1, throttled=1, faults=1, quota_refusals=1, broken_claims=1, left_out=1
    )
    known = {(space, name, frozenset(pair[0] for pair in pairs)) for space, name, pairs in everything.counted}
    assert not_emitted(iter(known)) == set()
    assert set(of_alarms()) <= known


def test_the_dashboard_has_six_widgets_side_by_side() -> None:
    places = [(widget["x"], widget["y"], widget["width"], widget["height"]) for widget in body()["widgets"]]
    assert places == [(x, y, 12, 6) for y in (0, 6, 12) for x in (0, 12)]


def test_it_shows_every_alarm_that_can_act() -> None:
    """Those of consumers and of expected traffic are left out, because they may not exist."""
    shown = [arn.rpartition(":")[2] for widget in body()["widgets"] for arn in widget["properties"].get("alarms", [])]
    there = {**of(METRIC, resolved()), **of(COMPOSITE, resolved())}
    assert sorted(shown) == sorted(name for name in there if not name.endswith(("Long", "Short")))


def test_only_an_alarm_that_can_act_acts() -> None:
    topics = {kind: f"arn:aws:sns:us-east-1:123456789012:{kind}" for kind in ("page", "ticket")}
    watch = resolved(PageTopicArn=topics["page"], TicketTopicArn=topics["ticket"], **ON)
    actions = {name: it.get("AlarmActions", []) for kind in (METRIC, COMPOSITE) for name, it in of(kind, watch).items()}
    assert {name for name, found in actions.items() if not found} == {
        name for name in actions if name.endswith(("Long", "Short"))
    }
    paged = {name for name, found in actions.items() if found == [topics["page"]]}
    assert paged == {f"{kind}{burn}" for kind in ("Availability", "Latency") for burn in ("Fast", "Slow")} | {
        "NoTraffic"
    }
    silent = [it for kind in (METRIC, COMPOSITE) for it in of(kind, resolved(**ON)).values() if "AlarmActions" in it]
    assert silent == []


# -- the queries ----------------------------------------------------------------------------------------------------


def access_log() -> set[str]:
    """The fields of a line of API Gateway's access log."""
    form = actual().resources["UsersApiProdStage"]["Properties"]["AccessLogSetting"]["Format"]
    return set(json.loads(form))


# what Lambda's own format and our lines have: utils/faults.py and utils/http.py
FUNCTION_LOG = {"level", "message", "requestId", "apiRequestId", "cause.0"}


def fields(text: str) -> set[str]:
    """The fields that a query reads: what is neither a word of the language, nor made by it, nor a text."""
    text = re.sub(r'"[^"]*"|\'[^\']*\'|\w+\(|\)', " ", text)
    made = set(re.findall(r"\bas (\w+)", text))
    words = set(re.findall(r"[@a-zA-Z][\w.]*", text)) - made
    return words - {
        "fields",
        "filter",
        "sort",
        "stats",
        "limit",
        "asc",
        "desc",
        "as",
        "by",
        "and",
        "or",
        "in",
        "SOURCE",
    }


def unknown_fields(groups: list[str], text: str) -> set[str]:
    known = set(BUILT_IN)
    for group in groups:
        known |= access_log() if group.startswith("/aws/apigateway/") else FUNCTION_LOG
    return fields(text) - known


def groups() -> set[str]:
    return {str(it["LogGroupName"]) for it in of("AWS::Logs::LogGroup", actual().resolved(stack=API)).values()}


QUERIES = of("AWS::Logs::QueryDefinition", WATCH)


@pytest.mark.parametrize("name", QUERIES)
def test_a_saved_query_reads_fields_and_logs_that_there_are(name: str) -> None:
    asked = QUERIES[name]
    assert set(asked["LogGroupNames"]) <= groups()
    assert unknown_fields(asked["LogGroupNames"], asked["QueryString"]) == set()


def test_the_query_of_the_dashboard_does_too() -> None:
    (text,) = [it["properties"]["query"] for it in body()["widgets"] if it["type"] == "log"]
    group = re.findall(r"SOURCE '([^']+)'", text)
    assert set(group) <= groups()
    assert unknown_fields(group, text) == set()


def test_a_field_that_no_line_has_is_noticed() -> None:
    text = QUERIES["FailedRequests"]["QueryString"].replace("route", "path")
    assert unknown_fields([f"/aws/apigateway/{API}"], text) == {"path"}


# -- the metric filters ---------------------------------------------------------------------------------------------

TERM = re.compile(r'\$\.(\w+)(?:\[(\d+)\])? = "([^"]*)"')


def matches(pattern: str, line: dict[str, Any]) -> bool:
    """Whether a filter on JSON takes a line; only terms of equality, joined by &&."""
    for name, place, value in TERM.findall(pattern):
        found = line.get(name)
        if place:
            found = found[int(place)] if isinstance(found, list) and len(found) > int(place) else None
        if found != value:
            return False
    return True


def pattern(name: str) -> str:
    block = of("AWS::Logs::MetricFilter", WATCH)[name]
    assert block["LogGroupName"] in groups()
    text = str(block["FilterPattern"])
    assert re.fullmatch(rf"{{ (?:{TERM.pattern}(?: && )?)+ }}", text)
    return text


def test_a_used_up_quota_is_counted() -> None:
    asked = pattern("QuotaExceededMetric")
    assert "QUOTA_EXCEEDED" in actual().api["x-amazon-apigateway-gateway-responses"]
    assert matches(asked, {"refusal": "QUOTA_EXCEEDED"})
    assert not matches(asked, {"refusal": "THROTTLED"})


@pytest.mark.parametrize("name", ["BrokenClaimsOfUpdateUser", "BrokenClaimsOfDeleteUser"])
def test_a_broken_claim_is_counted(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """The line is what the functions log; Lambda writes `message` and each extra field as a member."""
    with caplog.at_level(logging.ERROR, "users_api"):
        log_fault(BrokenClaim(), "request")
        log_fault(ValueError(), "request")
    lines = [{"message": each.getMessage(), "cause": each.__dict__["cause"]} for each in caplog.records]
    assert [matches(pattern(name), line) for line in lines] == [True, False]


def test_items_left_out_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    from users.foreign import left_out

    with caplog.at_level(logging.WARNING, "users_api"):
        left_out("Users", ["not-a-user"])
    (directive,) = caplog.records[0].__dict__["_aws"]["CloudWatchMetrics"]
    alarm = of(METRIC, WATCH)["ItemsLeftOut"]
    assert (directive["Namespace"], directive["Metrics"][0]["Name"]) == (alarm["Namespace"], alarm["MetricName"])
    assert directive["Dimensions"] == [[each["Name"] for each in alarm["Dimensions"]]]
