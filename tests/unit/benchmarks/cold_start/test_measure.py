"""Starts are compared in pairs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from benchmarks.cold_start import measure
from benchmarks.cold_start.measure import Pair, Sample
from benchmarks.peers.table import BY_NAME, Subject, plan

QUICK = Sample(50, 49, 1, 45, 46, 0.4, [0.5, 0.7], 15_000_000, 0, 0)


def slow(times: float) -> Sample:
    return replace(QUICK, cold=50 * times, cold_processor=46 * times)


def test_a_drift_of_the_machine_leaves_the_multiple_alone():
    pairs = [Pair(slow(speed), slow(speed * 8)) for speed in (1.0, 1.1, 1.6)]
    found: Any = measure.record(pairs)
    assert [found["cold_over_empty"][place] for place in ("p25", "p50", "p75")] == pytest.approx([8, 8, 8])
    assert found["processor_over_empty"]["p50"] == pytest.approx(8)
    assert found["cold_ms"]["p50"] == pytest.approx(440)


def test_the_empty_function_starts_just_before_each_start(monkeypatch):
    started: list[str] = []

    def sample(_machine: Any, subject: Subject, _package: Any, _calls: int) -> Sample:
        started.append(subject.key)
        return QUICK

    monkeypatch.setattr(measure, "sample", sample)
    ours, dead = Subject(BY_NAME["ours"], "get"), Subject(BY_NAME["ours"], "get", live=False)
    built: Any = {"ours": None, "empty": None}
    machine: Any = None
    pairs = measure.run(machine, [ours, dead], built, 4, 1, lambda _: None)
    assert set(started[::2]) == {"empty.get"}
    assert (len(pairs["ours.get"]), len(pairs["ours.get.dead"])) == (4, 2)
    assert measure.floor_of(pairs)["n"] == 6


def test_warm_calls_have_the_spread_of_their_starts():
    found: Any = measure.record([Pair(QUICK, replace(QUICK, warm=[speed] * 3)) for speed in (1.0, 2.0, 3.0)])
    assert found["warm_median_ms"]["n"] == 3
    assert found["warm_ms"]["n"] == 9


def test_all_five_operations_and_new_connections_are_measured():
    keys = [subject.key for subject in plan()]
    assert {f"ours.{name}" for name in ("get", "create", "list", "update", "delete")} <= set(keys)
    assert {"ours.get.new_connection", "boto3_resource.get.new_connection", "boto3_resource_pip.get"} <= set(keys)
    assert len(keys) == len(set(keys))
