"""What a capability costs in a month in which nothing happens: alarms, keys, and the polls of its empty queues.

Counted in template.yaml, with and without the parameters of the capability.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.ground.interpreter import ROOT
from local.template.parameters import parameter_values
from local.template.source import Source, read_template
from local.template.transform import resolve, transformed

EVENTS = {"Events": "true"}
SES = "arn:aws:ses:us-east-1:000000000000:identity/example.com"
# Each capability, the parameters of the stack before it, and those that turn it on.
CAPABILITIES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "the API alone": ({}, {}),
    "`Events`": ({}, EVENTS),
    "`MailSender`": (EVENTS, {"MailSender": "users@example.com", "MailIdentityArn": SES}),
    "`Webhooks`": (EVENTS, {"Webhooks": "true"}),
    "`Pictures`": (EVENTS, {"Pictures": "true"}),
    "`LiveUpdates`": (EVENTS, {"LiveUpdates": "true"}),
    "`Search`": (EVENTS, {"Search": "true"}),
    "`SignIn`": (EVENTS, {"SignIn": "true"}),
    "`Bulk`": (EVENTS, {"Bulk": "true"}),
    "`RegionRole`, `Health`": ({}, {"RegionRole": "home", "Health": "true"}),
    "`GradualDeployment`": ({}, {"GradualDeployment": "true"}),
    "`CacheEndpoint`, without the cache": ({}, {"CacheEndpoint": "rediss://cache.example.com:6379"}),
}
ALARM, KEY, QUEUE = "AWS::CloudWatch::Alarm", "AWS::KMS::Key", "queue"
COUNTED = (ALARM, KEY, QUEUE)


def counted(source: Source, given: dict[str, str]) -> Counter[str]:
    """The metrics of alarms and the keys of a stack, and the queues that Lambda polls."""
    return Counter(_counted(source.path, tuple(sorted(given.items()))))


@cache  # many rows ask for the same stacks
def _counted(path: Path, parameters: tuple[tuple[str, str], ...]) -> Counter[str]:
    source, given = read_template(path), dict(parameters)
    whole = resolve(transformed(source, given), parameter_values(source, given), source)["Resources"].values()
    found = Counter(block["Type"] for block in whole)
    mappings = [it["Properties"] for it in whole if it["Type"] == "AWS::Lambda::EventSourceMapping"]
    queues = [it for it in mappings if ":sqs:" in it["EventSourceArn"] and it.get("Enabled", True)]
    alarms = sum(metrics(block["Properties"]) for block in whole if block["Type"] == ALARM)
    return Counter({ALARM: alarms, KEY: found[KEY], QUEUE: len(queues)})


def metrics(alarm: Mapping[str, Any]) -> int:
    """The metrics that an alarm reads, each of which has the price of an alarm."""
    return sum("MetricStat" in each for each in alarm.get("Metrics") or [{"MetricStat": alarm}])


def rows(book: Mapping[str, Any]) -> list[list[str]]:
    """A line for each capability: what it adds."""
    source = read_template(ROOT / "template.yaml")
    lines = [["parameter", "metrics of alarms", "keys", "queues polled", "US dollars a month"]]
    for name, (before, more) in CAPABILITIES.items():
        added = counted(source, before | more)
        if more:
            added -= counted(source, before)
        lines.append([name, *(str(added[kind]) for kind in COUNTED), f"{dollars(book, added):.2f}"])
    return lines


def dollars(book: Mapping[str, Any], added: Mapping[str, int]) -> float:
    """The price of a month."""
    price = book["prices"]
    poll = book["assumptions"]["polls_a_month"] / 1e6 * price["queue_request"]["per_million"]
    return float(added[ALARM] * price["alarm"]["each"] + added[KEY] * price["key"]["each"] + added[QUEUE] * poll)
