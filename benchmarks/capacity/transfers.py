"""What an import and an export consume: each step of their state machines, run as Lambda runs it.

Two imports of the same size go through all steps. The first is timed, and the calls of the second are counted. Two
exports of all users follow in the same way.
"""

from __future__ import annotations

import datetime
import json
import os
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3

from benchmarks.capacity.consumers import DYNAMODB, Function, deployed, environment, handler
from benchmarks.capacity.meter import Meter
from benchmarks.capacity.scenes import Scene
from benchmarks.ground.interpreter import running
from benchmarks.stage import machine
from dynamodb.values import to_item
from steps.split_import import PART_ROWS
from transfers.keys import upload_key
from transfers.model import NDJSON, new_export, new_import

PARTS = 4  # of an import, full ones
FILES = 1  # of an export
STEPS = {
    "split_import": "SplitImportFunction",
    "import_rows": "ImportRowsFunction",
    "finish_import": "FinishImportFunction",
    "export_users": "ExportUsersFunction",
    "finish_export": "FinishExportFunction",
}
SECONDS = 900  # of each of these functions


@dataclass(frozen=True)
class Context:
    """What a function asks of its context."""

    def get_remaining_time_in_millis(self) -> int:
        """The time of a function of the template."""
        return SECONDS * 1000


class Steps:
    """Runs steps, and adds up what they consume."""

    def __init__(self, functions: Mapping[str, Function], meter: Meter) -> None:
        self.functions, self.meter = functions, meter
        self.found: dict[str, dict[str, Any]] = {}

    def run(self, name: str, event: Mapping[str, Any], *, metered: bool) -> None:
        """One call of a step: with its calls counted, or with its time taken."""
        function, outside = self.functions[STEPS[name]], Counter[str]()
        one = self.found.setdefault(name, new_step(function))
        with (
            environment(function.environment),
            self.through_the_meter(metered),
            handler(f"steps.{name}", outside) as step,
        ):
            began = time.process_time()
            step(event, Context())
            took = (time.process_time() - began) * 1e3
        if not metered:
            one["processor_ms"] += took
            one["runs"] += 1
            return
        calls = self.meter.calls
        one["calls"] = dict(Counter(one["calls"]) + Counter(call.operation for call in calls))
        one["outside"] = dict(Counter(one["outside"]) + outside)
        one["expected_reads"] += sum(call.expected_reads for call in calls)
        one["expected_writes"] += sum(call.expected_writes for call in calls)

    @contextmanager
    def through_the_meter(self, metered: bool) -> Iterator[None]:
        """The functions find the database behind the meter."""
        if metered:
            os.environ[DYNAMODB] = self.meter.endpoint
            self.meter.calls.clear()
        yield


def new_step(function: Function) -> dict[str, Any]:
    """Nothing consumed yet."""
    amounts = {"runs": 0, "processor_ms": 0.0, "expected_reads": 0.0, "expected_writes": 0.0}
    return {"memory_mb": function.memory_mb, "calls": {}, "outside": {}, **amounts}


def run(load: float, parts: int = PARTS) -> dict[str, Any]:
    """For each step, what an import of so many parts or an export of all its users consumes."""
    with deployed() as (scene, functions), Meter(scene.endpoint) as meter:
        steps = Steps(functions, meter)
        for metered in (False, True):
            imported(scene, steps, parts, metered=metered)
        for metered in (False, True):
            exported(scene, steps, metered=metered)
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine.description(running(), load),
        "part_rows": PART_ROWS,
        "rows": {"import": parts * PART_ROWS, "export": 2 * parts * PART_ROWS},
        "steps": steps.found,
    }


def imported(scene: Scene, steps: Steps, parts: int, *, metered: bool) -> None:
    """An import of new users, from its upload to its results."""
    name = str(uuid.uuid4())
    scene.put("BulkTable", to_item({**new_import({"format": NDJSON}, name, "bench", time.time()), "part": 0}))
    with environment(steps.functions[STEPS["split_import"]].environment):  # with its credentials
        uploaded(scene, upload_key(name), people(parts * PART_ROWS))
    steps.run("split_import", {"detail": {"object": {"key": upload_key(name)}}}, metered=metered)
    for part in range(1, parts + 1):
        steps.run("import_rows", {"import": name, "part": part}, metered=metered)
    steps.run("finish_import", {"import": name}, metered=metered)


def exported(scene: Scene, steps: Steps, *, metered: bool) -> None:
    """An export of all users."""
    name = str(uuid.uuid4())
    scene.put("BulkTable", to_item({**new_export({"format": NDJSON}, name, FILES, time.time(), 1), "part": 0}))
    for file in range(1, FILES + 1):
        steps.run("export_users", {"export": name, "file": file}, metered=metered)
    steps.run("finish_export", {"export": name}, metered=metered)


def uploaded(scene: Scene, key: str, content: bytes) -> None:
    """Put the file where a client puts it."""
    boto3.client("s3", endpoint_url=scene.endpoint).put_object(Bucket=scene.names["BulkBucket"], Key=key, Body=content)


def people(count: int) -> bytes:
    """NDJSON of users whom nobody has imported."""
    users = ({"name": "Ann", "email": f"{uuid.uuid4()}@example.com", "age": 40} for _ in range(count))
    return "".join(json.dumps(user) + "\n" for user in users).encode()
