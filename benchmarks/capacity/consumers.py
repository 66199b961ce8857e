"""What a change consumes behind the response: each consumer, run as Lambda runs it.

The units of DynamoDB come from the meter, by DynamoDB's rules. The calls of other services are counted where the SDK
makes them. The time is that of the processor, of all threads, measured without the meter.
"""

from __future__ import annotations

import datetime
import importlib
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3

from benchmarks.capacity.meter import Meter
from benchmarks.capacity.receiver import receiver
from benchmarks.capacity.scenes import CASES, Case, Scene
from benchmarks.ground.figures import summary
from benchmarks.ground.interpreter import ROOT, running
from benchmarks.stage import machine
from local.aws.start import start
from local.functions.host import read_functions, variables
from local.stack.deploy import deploy
from local.template.parameters import parameter_values
from local.template.source import read_template
from local.template.transform import resolve, transformed

WARM_UP = 3
DYNAMODB = "AWS_ENDPOINT_URL_DYNAMODB"


@dataclass(frozen=True)
class Context:
    """What a function asks of its context."""

    def get_remaining_time_in_millis(self) -> int:
        """The time of a function of the template."""
        return 10_000


@dataclass(frozen=True)
class Function:
    """What the template gives a function."""

    environment: Mapping[str, str]
    memory_mb: int


def run(load: float) -> dict[str, Any]:
    """For each case and size of a batch: calls, units and milliseconds of the processor, for one batch."""
    found: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine.description(running(), load),
    }
    with deployed() as (scene, functions), Meter(scene.endpoint) as meter:
        found["cases"] = {
            name: {str(size): measured(case, functions[case.function], scene, meter, size) for size in case.sizes}
            for name, case in CASES.items()
        }
    return found


@contextmanager
def deployed() -> Iterator[tuple[Scene, dict[str, Function]]]:
    """The resources of the template without its functions, and what the functions have, by logical id."""
    source = read_template(ROOT / "template.yaml")
    given = dict(source.tree["Metadata"]["LocalParameters"])
    whole = transformed(source, given)
    resources = {name: it for name, it in whole["Resources"].items() if not it["Type"].startswith("AWS::Lambda::")}
    with tempfile.TemporaryDirectory(prefix="users-api-consumers-") as folder, receiver() as url:
        running = start(folder)
        try:
            names = deploy({**whole, "Resources": resources}, given, running.endpoint)
            template = resolve(whole, parameter_values(source, given), source, physical=names)
            functions = [it.settings for it in read_functions(source, template, running.endpoint).values()]
            there = {"LIVE_ENDPOINT": url}  # connections of the emulator need clients
            yield (
                Scene(running.endpoint, url, names),
                {it.logical_id: Function(variables(it, running.endpoint) | there, it.memory) for it in functions},
            )
        finally:
            running.stop()


def measured(case: Case, function: Function, scene: Scene, meter: Meter, size: int) -> dict[str, Any]:
    """Some batches of one size: their times, and then the calls of one of them."""
    module = f"consumers.{case.consumer}"
    with environment(function.environment):
        case.prepare(scene)
        with handler(module) as handle:
            times = [timed(handle, batch_of(case, scene, size)) for _ in range(WARM_UP + case.batches)][WARM_UP:]
        os.environ[DYNAMODB] = meter.endpoint
        outside: Counter[str] = Counter()
        with handler(module, outside) as handle:
            timed(handle, batch_of(case, scene, size))
            batch = batch_of(case, scene, size)
            meter.calls.clear()
            outside.clear()
            timed(handle, batch)
    return {
        "calls": [call.operation for call in meter.calls],
        "outside": dict(outside),
        "memory_mb": function.memory_mb,
        "expected_reads": sum(call.expected_reads for call in meter.calls),
        "expected_writes": sum(call.expected_writes for call in meter.calls),
        "warm_processor_ms": summary(times),
    }


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """The environment of one function."""
    kept = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)


@contextmanager
def handler(module: str, outside: Counter[str] | None = None) -> Iterator[Any]:
    """The handler of a module, as in a new process; `outside` counts the calls that the SDK makes."""
    wiring = importlib.import_module(f"{module.partition('.')[0]}.wiring")
    wiring._built.clear()  # each function is a process of its own on Lambda
    boto3.setup_default_session()
    if outside is not None:
        boto3.DEFAULT_SESSION.events.register(
            "before-call", lambda event_name, **_: outside.update([event_name.removeprefix("before-call.")])
        )
    try:
        yield importlib.import_module(module).lambda_handler
    finally:
        boto3.setup_default_session()
        wiring._built.clear()


def batch_of(case: Case, scene: Scene, size: int) -> dict[str, Any]:
    """A batch of new records."""
    return {"Records": [case.record(scene) for _ in range(size)]}


def timed(handle: Any, batch: dict[str, Any]) -> float:
    """Milliseconds of the processor for one batch."""
    began = time.process_time()
    answer = handle(batch, Context())
    took = (time.process_time() - began) * 1e3
    assert answer == {"batchItemFailures": []}, answer
    return took
