"""What a capability costs while nothing happens."""

from __future__ import annotations

import pytest

from benchmarks.report import cost, idle_cost
from benchmarks.report.idle_cost import ALARM, CAPABILITIES, KEY, QUEUE
from local.template.source import read_template

BOOK = cost.prices()


def test_alarms_keys_and_polls_have_their_price():
    assert idle_cost.dollars(BOOK, {ALARM: 2, KEY: 1, QUEUE: 0}) == pytest.approx(1.2)
    assert idle_cost.dollars(BOOK, {ALARM: 0, KEY: 0, QUEUE: 1}) == pytest.approx(0.26)


def test_the_key_of_the_audit_trail_comes_with_events():
    source = read_template(idle_cost.ROOT / "template.yaml")
    without, events = (idle_cost.counted(source, given) for given in ({}, {"Events": "true"}))
    assert (without[KEY], without[QUEUE], events[KEY]) == (0, 0, 1)
    assert events[ALARM] > without[ALARM]
    assert events[QUEUE] > 0


def test_each_capability_of_a_local_run_has_a_line():
    source = read_template(idle_cost.ROOT / "template.yaml")
    on = {name for name, value in source.tree["Metadata"]["LocalParameters"].items() if value == "true"}
    told = {name for _, more in CAPABILITIES.values() for name in more}
    assert on - told == {"WebhooksToLocalhost"}
