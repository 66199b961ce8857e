"""What an import and an export cost, in US dollars per million rows: the steps of their state machines.

Measured: capacity units, calls and processor time of a small one (benchmarks.capacity.transfers), which grow with the
rows. A function that imports waits for its part of ImportRate, and Lambda bills the wait.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from benchmarks.ground.interpreter import ROOT
from benchmarks.report.change_cost import OUTSIDE
from benchmarks.report.cost import MILLION, SLOW_CALLS
from local.template.parameters import parameter_values
from local.template.source import read_template

STEPS = {
    "import": ("split_import", "import_rows", "finish_import"),
    "export": ("export_users", "finish_export"),
}
PACED = "import_rows"
TRANSITIONS_OF_A_PART = 2  # the start of its workflow, and its one state
# What S3 bills like a PUT; the other calls that it bills are in OUTSIDE.
OF_UPLOADS = dict.fromkeys(
    ("s3.CreateMultipartUpload", "s3.UploadPart", "s3.CompleteMultipartUpload"), ("object_write", "object_ms")
)
CALLS = {**OUTSIDE, **OF_UPLOADS, "s3.DeleteObject": ("", "object_ms"), "s3.HeadObject": ("object_read", "object_ms")}


@dataclass(frozen=True)
class BulkCost:
    """Dollars per million rows, by what is paid for."""

    database: float
    compute: float
    requests: float
    objects: float
    transitions: float

    @property
    def total(self) -> float:
        """The sum."""
        return math.fsum(getattr(self, field.name) for field in fields(self))


def rate() -> tuple[int, int]:
    """The defaults of ImportRate and ImportConcurrency."""
    values = parameter_values(read_template(ROOT / "template.yaml"), {})
    return int(values["ImportRate"]), int(values["ImportConcurrency"])


def cost(book: Mapping[str, Any], kind: str, found: Mapping[str, Any]) -> BulkCost:
    """An import or an export, as measured."""
    price, rows = book["prices"], found["rows"][kind]
    steps = {name: found["steps"][name] for name in STEPS[kind]}
    units = {
        unit: math.fsum(one[f"expected_{unit}s"] for one in steps.values())
        * price[f"dynamodb_{unit}_unit"]["per_million"]
        for unit in ("read", "write")
    }
    calls = [(CALLS[call][0], count) for one in steps.values() for call, count in one["outside"].items()]
    parts = rows / found["part_rows"] if kind == "import" else 0  # an export has as many files, whatever their size
    return BulkCost(
        database=math.fsum(units.values()) / rows,
        compute=math.fsum(gb_seconds(book, name, one, rows) for name, one in steps.items())
        * price["lambda_gb_second"]["each"]
        * MILLION
        / rows,
        requests=sum(one["runs"] for one in steps.values()) * price["lambda_request"]["per_million"] / rows,
        objects=math.fsum(price[what]["per_million"] * count for what, count in calls if what) / rows,
        transitions=parts * TRANSITIONS_OF_A_PART * price["transition"]["per_million"] / rows,
    )


def gb_seconds(book: Mapping[str, Any], name: str, one: Mapping[str, Any], rows: int) -> float:
    """What Lambda bills for all runs of a step."""
    assumed = book["assumptions"]
    stretch = max(1.0, assumed["full_core_mb"] / one["memory_mb"])
    waits = [assumed[SLOW_CALLS.get(call, "dynamodb_write_ms")] * count for call, count in one["calls"].items()]
    waits += [assumed[CALLS[call][1]] * count for call, count in one["outside"].items()]
    seconds: float = (one["processor_ms"] * stretch + math.fsum(waits)) / 1e3
    if name == PACED:
        most, functions = rate()
        seconds = max(seconds, rows * functions / most)
    return seconds * float(one["memory_mb"]) / 1024


def rows(book: Mapping[str, Any], found: Mapping[str, Any]) -> list[list[str]]:
    """A line for each."""
    lines = [["a million rows", *(field.name for field in fields(BulkCost)), "sum"]]
    for kind in STEPS:
        one = cost(book, kind, found)
        lines.append([kind, *(f"{getattr(one, field.name):.3f}" for field in fields(BulkCost)), f"{one.total:.2f}"])
    return lines
