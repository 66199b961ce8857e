"""The pages about watching: every alarm has its row and its section, and the other way round; what it costs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from local.template.source import read_template
from local.template.transform import ROOT
from tests.docs.pages import page
from tests.docs.test_links import anchors
from tests.docs.test_references import names, rows
from tests.template.stack import actual
from tests.template.watch.stack import COMPOSITE, METRIC, ON, TEMPLATE, of, resolved
from tools.deployment import WATCHED

RUNBOOK, WATCH, SETTINGS = (
    page(f"docs/{name}.md") for name in ("how-to/answer-an-alarm", "how-to/watch", "reference/settings")
)
NAMED = re.compile(r"Runbook: (docs/[\w/-]+\.md)#([\w-]+)$")
TOPICS = {f"{kind}TopicArn": f"arn:aws:sns:us-east-1:123456789012:{kind}" for kind in ("Page", "Ticket")}
FILLED_IN = {"ApiStack", "Queues", "DeadLetterQueues", *WATCHED}
SERIES_OF_TABLES = (
    8  # kinds of call that are throttled or fail, of both tables and for both alarms, as the page assumes
)
LOOKS = 30  # at the dashboard, in a month


def alarms() -> dict[str, Any]:
    """All alarms of the watch, those of consumers and of expected traffic too."""
    watch = resolved(**ON, **TOPICS)
    return {**of(METRIC, watch), **of(COMPOSITE, watch)}


def acting() -> dict[str, Any]:
    """Those that are no window of another one."""
    return {name: block for name, block in alarms().items() if "AlarmActions" in block}


# -- the runbook ----------------------------------------------------------------------------------------------------


def sections(text: str) -> dict[str, str]:
    """The text of each section by its anchor."""
    found = {}
    for part in text.split("\n## ")[1:]:
        heading, _, body = part.partition("\n")
        (anchor,) = anchors(f"# {heading}\n")
        found[anchor] = body
    return found


def runbook_faults(text: str, found: dict[str, Any]) -> Iterator[str]:
    """Alarms without their section, and sections that name other alarms than those that name them."""
    wanted: dict[str, set[str]] = {}
    for name, block in found.items():
        named = NAMED.search(block["AlarmDescription"])
        if not named or named[1] != RUNBOOK.name or named[2] not in sections(text):
            yield f"{name} names no section"
        elif "AlarmActions" in block:
            wanted.setdefault(named[2], set()).add(name)
    for anchor, body in sections(text).items():
        said = {name for name in re.findall(r"`(\w+)`", body) if name in found}
        if said != wanted.get(anchor, set()) and anchor != "the-bill-grows":
            yield f"{anchor} is about {sorted(said)}, and is named by {sorted(wanted.get(anchor, set()))}"


def test_every_alarm_names_its_section_and_every_section_its_alarms() -> None:
    assert list(runbook_faults(RUNBOOK.text, alarms())) == []


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ("## A queue grows", "## A queue is long", "QueueGrows names no section"),
        ("`Crashes`:", "Crashes:", "a-function-crashes is about [], and is named by ['Crashes']"),
        ("\n## DynamoDB fails\n", "\n## Nothing\n\n`Refusals`\n\n## DynamoDB fails\n", "nothing is about ['Refusals']"),
    ],
)
def test_a_section_that_is_not_there_is_noticed(right: str, wrong: str, fault: str) -> None:
    assert right in RUNBOOK.text
    assert any(fault in found for found in runbook_faults(RUNBOOK.text.replace(right, wrong), alarms()))


def test_an_alarm_without_a_section_is_noticed() -> None:
    assert (
        next(iter(runbook_faults(RUNBOOK.text, {"New": {"AlarmDescription": "Something."}}))) == "New names no section"
    )


def test_the_budget_names_its_section() -> None:
    (anchor,) = re.findall(rf"{re.escape(RUNBOOK.name)}#([\w-]+)", (ROOT / "infra" / "account.yaml").read_text())
    assert anchor in sections(RUNBOOK.text)


# -- the page and the settings --------------------------------------------------------------------------------------


def test_each_alarm_has_a_row_that_says_where_it_goes() -> None:
    arns = {arn: name for name, arn in TOPICS.items()}
    found = {
        name: row[-1].strip("`")
        for heading in ("## The objectives", "## The other alarms")
        for row in rows(WATCH.text, heading)
        for name in re.findall(r"`(\w+)`", row[0])
    }
    assert found == {name: arns[block["AlarmActions"][0]] for name, block in acting().items()}


def test_the_limits_of_the_objectives_are_those_of_the_alarms() -> None:
    for row in rows(WATCH.text, "## The objectives"):
        for place, name in enumerate(re.findall(r"`(\w+)`", row[0])):
            limit = float(row[2 + place].removesuffix(" %"))
            assert [float(alarms()[f"{name}{window}"]["Threshold"]) for window in ("Long", "Short")] == [limit, limit]


def test_the_settings_are_those_of_the_templates() -> None:
    watch = set(read_template(TEMPLATE).tree["Parameters"]) - FILLED_IN
    account = set(read_template(ROOT / "infra" / "account.yaml").tree["Parameters"])
    assert set(names(SETTINGS.text, "## The watch")) == watch
    assert set(names(SETTINGS.text, "## The account")) == account


@pytest.mark.parametrize(("heading", "file"), [("## The watch", "watch"), ("## The account", "account")])
def test_the_defaults_are_those_of_the_templates(heading: str, file: str) -> None:
    parameters = read_template(ROOT / "infra" / f"{file}.yaml").tree["Parameters"]
    said = {row[0].strip("`"): row[1].strip("`") for row in rows(SETTINGS.text, heading)[1:]}
    assert said == {name: str(parameters[name]["Default"]) for name in said}


# -- the cost -------------------------------------------------------------------------------------------------------


def price(what: str) -> float:
    (found,) = [row[1] for row in rows(WATCH.text, "## What it costs") if row[0].startswith(what)]
    return float(found.strip("$"))


def metrics_read(block: dict[str, Any]) -> int:
    """How many metrics an alarm reads; those of the queries on tables are an assumption, counted once for both."""
    if "Metrics" not in block:
        return 1
    return sum("MetricStat" in each for each in block["Metrics"])


def a_line() -> int:
    """Bytes of a line of the access log of a request that succeeds."""
    form = actual().resources["UsersApiProdStage"]["Properties"]["AccessLogSetting"]["Format"]
    values = {
        "requestId": 36,
        "functionRequestId": 36,
        "time": 26,
        "trace": 37,
        "route": 15,
        "apiKeyId": 10,
        "refusal": 1,
    }
    return sum(len(f'"{name}":"",') + values.get(name, 3) for name in json.loads(form)) + 1


def cost(requests: int) -> list[str]:
    """A row of the table of the page."""
    watch = resolved()
    metrics = sum(metrics_read(block) for block in of(METRIC, watch).values()) + SERIES_OF_TABLES
    each = [
        metrics * price("metric of an alarm"),
        len(of(COMPOSITE, watch)) * price("composite alarm"),
        price("dashboard"),
        LOOKS * requests / 30 * a_line() / 1e9 * price("GB that a query"),
    ]
    return [f"{requests:,}", *(f"{value:.2f}" for value in [*each, sum(each)])]


def test_the_table_of_costs_is_computed() -> None:
    table = rows(WATCH.text, "## What it costs")[1:4]
    assert table == [cost(requests) for requests in (0, 1_000_000, 100_000_000)]


def test_every_price_says_where_it_was_seen() -> None:
    prices = rows(WATCH.text, "## What it costs")[5:]
    assert len(prices) == 6
    for row in prices:
        assert re.fullmatch(r"\$\d+\.\d+", row[1]), row
        assert row[2].startswith("https://aws.amazon.com/"), row
        assert row[3].startswith("http"), row
        assert re.fullmatch(r"undated|20\d\d-\d\d(-\d\d)?", row[4]), row
