"""What an operation costs: measured units, log bytes and processor time, times the prices of benchmarks/prices.json.

Everything is in US dollars per million requests. Measured: capacity units and calls (growth), log bytes and processor
time (peers). Assumed, and named in the price file: how long DynamoDB takes, how many requests meet a cold start, how
many are traced.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

PRICE_FILE = Path(__file__).resolve().parent.parent / "prices.json"
MILLION = 1e6
GB = 1e9

# What Lambda itself logs for a request where the log format is text and nothing is filtered: START, END and REPORT.
PLATFORM_LINES = (
    "START RequestId: 00000000-0000-4000-8000-000000000000 Version: $LATEST\n"
    "END RequestId: 00000000-0000-4000-8000-000000000000\n"
    "REPORT RequestId: 00000000-0000-4000-8000-000000000000\tDuration: 12.34 ms\tBilled Duration: 13 ms\t"
    "Memory Size: 256 MB\tMax Memory Used: 80 MB\t\n"
)
# One line of the access log, in the format of template.yaml, with values of the length real ones have.
ACCESS_LINE = (
    '{"requestId":"00000000-0000-4000-8000-000000000000","time":"01/Jan/2026:00:00:00 +0000","method":"GET",'
    '"route":"/users/{userId}","status":"200","latency":"12","functionLatency":"10","functionStatus":"200",'
    '"functionRequestId":"00000000-0000-4000-8000-000000000000","refusal":"-","bytes":"236","apiKeyId":"a1b2c3d4e5",'
    '"trace":"Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700"}\n'
)
SLOW_CALLS = {
    "TransactWriteItems": "dynamodb_transaction_ms",
    "GetItem": "dynamodb_read_ms",
    "Query": "dynamodb_read_ms",
    "Scan": "dynamodb_read_ms",
}


@dataclass(frozen=True)
class Cost:
    """Dollars per million requests, by what is paid for."""

    gateway: float
    requests: float
    compute: float
    database: float
    logs: float
    traces: float

    @property
    def total(self) -> float:
        """The sum."""
        return math.fsum(getattr(self, field.name) for field in fields(self))


def prices() -> dict[str, Any]:
    """The price file."""
    return dict(json.loads(PRICE_FILE.read_text()))


def cost(book: Mapping[str, Any], units: Mapping[str, Any], subject: Mapping[str, Any], platform_logs: bool) -> Cost:
    """One operation: `units` of the growth results, `subject` of the peer results.

    `platform_logs`: Lambda writes its own lines for each request (ours are filtered by SystemLogLevel WARN).
    """
    price, assumed = book["prices"], book["assumptions"]
    lines = len(ACCESS_LINE) + subject["log_bytes"] + (len(PLATFORM_LINES) if platform_logs else 0)
    seconds = billed_ms(assumed, units["calls"], subject) / 1e3
    return Cost(
        gateway=price["gateway_request"]["per_million"],
        requests=price["lambda_request"]["per_million"],
        compute=seconds * assumed["memory_mb"] / 1024 * price["lambda_gb_second"]["each"] * MILLION,
        database=(
            units["expected_reads"] * price["dynamodb_read_unit"]["per_million"]
            + units["expected_writes"] * price["dynamodb_write_unit"]["per_million"]
        ),
        logs=lines * MILLION / GB * price["log_gb"]["each"],
        traces=assumed["trace_share"] * price["trace"]["per_million"],
    )


def billed_ms(assumed: Mapping[str, float], calls: list[str], subject: Mapping[str, Any]) -> float:
    """The mean duration that is billed, whole milliseconds a request, cold starts with their share.

    A function of this size has only a part of a core, so its own time here is stretched by as much.
    """
    stretch = assumed["full_core_mb"] / assumed["memory_mb"]
    waiting = sum(assumed[SLOW_CALLS.get(name, "dynamodb_write_ms")] for name in calls)
    own = subject["warm_processor_ms"]["p50"]
    init = subject["init_processor_ms"]["p50"]  # with a whole core, so it is not stretched
    first = max(0.0, subject["cold_processor_ms"]["p50"] - init)
    warm, cold = math.ceil(own * stretch + waiting), math.ceil(init + first * stretch + waiting)
    return float((1 - assumed["cold_share"]) * warm + assumed["cold_share"] * cold)


def mix(book: Mapping[str, Any], read: Cost, write: Cost) -> Cost:
    """The mean over a mix of reads and writes."""
    share = book["assumptions"]["reads_in_mix"]
    return Cost(
        *(share * getattr(read, field.name) + (1 - share) * getattr(write, field.name) for field in fields(Cost))
    )


# What the peers' code asks of the database, where it is not what ours does.
TUTORIAL_CREATE = {"calls": ["PutItem"], "expected_reads": 0.0, "expected_writes": 1.0}


def of_peer(book: Mapping[str, Any], peers: Mapping[str, Any], growth: Mapping[str, Any], name: str) -> Cost:
    """The mix of get and create for one peer."""
    units = first_size(growth)
    create = TUTORIAL_CREATE if name == "boto3_resource" else units["create"]
    platform = not name.startswith("ours")
    return mix(
        book,
        cost(book, units["get"], peers["subjects"][f"{name}.get"], platform),
        cost(book, create, peers["subjects"][f"{name}.create"], platform),
    )


def first_size(growth: Mapping[str, Any]) -> dict[str, Any]:
    """The units at the smallest size measured (they are the same at the others)."""
    return dict(growth["sizes"][min(growth["sizes"], key=int)])
