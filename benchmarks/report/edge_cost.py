"""What the edge costs in a month: a domain, a key for logs, and the firewall, counted in infra/firewall.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.ground.interpreter import ROOT
from local.template.source import read_template

REQUESTS = (0, 1_000_000, 100_000_000)  # a month


def rules() -> int:
    """The rules and groups of rules of the web ACL, each of which has a price."""
    template = read_template(ROOT / "infra" / "firewall.yaml").tree
    return len(template["Resources"]["WebAcl"]["Properties"]["Rules"])


def firewall(book: Mapping[str, Any], requests: int) -> float:
    """US dollars a month, without the logs."""
    price = book["prices"]
    month = price["web_acl"]["each"] + rules() * price["web_acl_rule"]["each"]
    return float(month + requests / 1e6 * price["inspected_request"]["per_million"])


def rows(book: Mapping[str, Any]) -> list[list[str]]:
    """A line for each part: US dollars a month at each number of requests."""
    price = book["prices"]
    parts = {
        "`TlsPolicy`, `DomainName` with a certificate of ACM, `TruststoreUri`": [0.0 for _ in REQUESTS],
        "a hosted zone for `HostedZoneId`, if you have none": [float(price["hosted_zone"]["each"]) for _ in REQUESTS],
        "a KMS key for `LogKeyArn`, without its calls": [float(price["key"]["each"]) for _ in REQUESTS],
        "`deploy.sh --firewall`": [firewall(book, requests) for requests in REQUESTS],
    }
    head = ["part", *(f"{requests:,} requests" for requests in REQUESTS)]
    return [head, *([name, *(f"{value:.2f}" for value in values)] for name, values in parts.items())]
