"""What each option for production costs in a month: with no request, with a million and with a hundred million.

Counted in the templates: alarms, dashboards, backups that are kept. The mix of requests is that of the other tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.ground.interpreter import ROOT
from benchmarks.report import idle_cost
from benchmarks.report.cost import cost, first_size, mix
from local.template.source import Source, read_template

INFRA = ROOT / "infra"
MILLIONS = (0, 1, 100)  # requests of a month
TABLE_GB = 1.0  # about two million users with their claims
MONTHS_OF_A_YEAR = 12
SMALLEST_CACHE_GB = 0.1
QUERIED = 4  # metrics that an alarm finds by a query: one for each kind of call that failed


@dataclass(frozen=True)
class Option:
    """An option, and its US dollars: a month, and for a million requests."""

    name: str
    month: float
    million: float = 0.0

    def at(self, millions: float) -> float:
        """A month with so many million requests."""
        return self.month + self.million * millions


def rows(book: Mapping[str, Any], peers: Mapping[str, Any], grown: Mapping[str, Any]) -> list[list[str]]:
    """A line for each option."""
    header = ["option", *(f"{count:,} million" if count else "no request" for count in MILLIONS)]
    return [header, *([it.name, *(f"{it.at(count):,.2f}" for count in MILLIONS)] for it in options(book, peers, grown))]


def options(book: Mapping[str, Any], peers: Mapping[str, Any], grown: Mapping[str, Any]) -> Iterator[Option]:
    """The API first, and then what each option adds to it."""
    price = {name: each.get("each", each.get("per_million")) for name, each in book["prices"].items()}
    source = read_template(ROOT / "template.yaml")
    requests = mix(
        book,
        *(cost(book, first_size(grown)[name], peers["subjects"][f"ours.{name}"], False) for name in ("get", "create")),
    )
    alone = idle_cost.dollars(book, idle_cost.counted(source, {}))
    kept = TABLE_GB * (price["table_gb"] + price["recovery_gb"])
    yield Option("the API alone, with its alarm and its tables", alone + kept, requests.total)
    gradual = idle_cost.counted(source, {"GradualDeployment": "true"}) - idle_cost.counted(source, {})
    yield Option("`GradualDeployment`", idle_cost.dollars(book, gradual))
    yield Option("`deploy.sh --watch`", watch(price))
    yield Option("`infra/backup.yaml`", TABLE_GB * backups() * price["backup_gb"])
    yield Option("`ReplicaRegion`", kept, written(book, grown) * price["replicated_write_unit"])
    yield Option("`CustomerKeyArn`, `LogKeyArn`", 2 * price["key"])
    yield Option("`DomainName`", price["hosted_zone"])
    yield Option("`infra/network.yaml`", 0.0)
    yield Option("`infra/cache.yaml`, `CacheEndpoint`", *cached(book, source))
    yield Option("`deploy.sh --console`", 0.0)  # people use it, and not the clients whose requests are counted here
    yield Option("`deploy.sh --firewall`", firewall(price), price["inspected_request"])


def written(book: Mapping[str, Any], grown: Mapping[str, Any]) -> float:
    """Write units of a request, in the mean of the mix."""
    units, reads = first_size(grown), book["assumptions"]["reads_in_mix"]
    return float(reads * units["get"]["expected_writes"] + (1 - reads) * units["create"]["expected_writes"])


def watch(price: Mapping[str, float]) -> float:
    """The alarms and the dashboard of infra/watch.yaml, without events."""
    blocks = resources("watch")  # the others watch queues, or need traffic
    types = Counter(block["Type"] for block in blocks)
    alarms = [block["Properties"] for block in blocks if block["Type"] == idle_cost.ALARM]
    metrics = sum(idle_cost.metrics(alarm) or QUERIED for alarm in alarms)
    return (
        metrics * price["alarm"]
        + types["AWS::CloudWatch::CompositeAlarm"] * price["composite_alarm"]
        + types["AWS::CloudWatch::Dashboard"] * price["dashboard"]
    )


def cached(book: Mapping[str, Any], source: Source) -> tuple[float, float]:
    """The smallest cache and its alarms; and what its units cost, less the reads of the table that it saves.

    Every read asks for one unit; those that find nothing take three, with the one that stores. Each write takes one.
    """
    price, assumed = book["prices"], book["assumptions"]
    place = {"CacheEndpoint": "rediss://cache.example.com:6379", "SubnetIds": "subnet-1", "SecurityGroupIds": "sg-1"}
    added = idle_cost.counted(source, place) - idle_cost.counted(source, {})
    reads, found = assumed["reads_in_mix"], assumed["found_in_cache"]
    units = reads * (found + 3 * (1 - found)) + 1 - reads
    saved = reads * found * price["dynamodb_read_unit"]["per_million"]
    month = SMALLEST_CACHE_GB * assumed["minutes_a_month"] / 60 * price["cache_gb_hour"]["each"]
    return month + idle_cost.dollars(book, added), units * price["cache_unit"]["per_million"] - saved


def firewall(price: Mapping[str, float]) -> float:
    """The web ACL of infra/firewall.yaml and its rules, which are groups of rules but for one."""
    [acl] = [it for it in resources("firewall") if it["Type"] == "AWS::WAFv2::WebACL"]
    return price["web_acl"] + len(acl["Properties"]["Rules"]) * price["web_acl_rule"]


def resources(name: str) -> list[Mapping[str, Any]]:
    """The resources of a template in infra/ that are always there."""
    everything = read_template(INFRA / f"{name}.yaml").tree["Resources"].values()
    return [block for block in everything if "Condition" not in block]


def backups() -> float:
    """The whole backups of a table that infra/backup.yaml keeps at any time, by its defaults."""
    defaults = {name: it.get("Default") for name, it in read_template(INFRA / "backup.yaml").tree["Parameters"].items()}
    return float(defaults["KeepDays"] + defaults["MonthlyKeepDays"] * MONTHS_OF_A_YEAR / 365)
