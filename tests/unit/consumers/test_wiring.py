"""The consumers' composition root builds once, on first use."""

from __future__ import annotations

from consumers import wiring
from utils.deadline import Deadline


def test_a_dependency_is_built_once(monkeypatch):
    monkeypatch.setattr(wiring, "_built", {})
    for name in ("AWS_DEFAULT_REGION", "EVENT_BUS", "FAILURES_QUEUE"):
        monkeypatch.setenv(name, "us-east-1")
    assert wiring.bus(Deadline(1)) is wiring.bus(Deadline(1))
    assert wiring.failures(Deadline(1)) is wiring.failures(Deadline(1))
