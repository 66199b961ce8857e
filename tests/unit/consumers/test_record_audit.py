"""The consumer that writes the audit trail."""

from __future__ import annotations

import pytest

from audit.trail import ForgedHead
from consumers.record_audit import record_audit
from utils.consumer import Event, Unprocessable


class Trail:
    def __init__(self):
        self.entries = []

    def append(self, type_, detail):
        self.entries.append((type_, detail))


def test_an_event_is_one_entry():
    trail, detail = Trail(), {"id": "1", "schemaVersion": 1, "time": "2026-11-29T15:59:00.000Z"}
    record_audit(Event("UserCreated", detail), trail)
    assert trail.entries == [("UserCreated", detail)]


class Forged:
    def append(self, _type, _detail):
        raise ForgedHead


def test_an_event_of_a_trail_with_a_forged_head_is_set_aside_at_once():
    detail = {"id": "1", "schemaVersion": 1, "time": "2026-11-29T15:59:00.000Z"}
    with pytest.raises(Unprocessable, match="audit verify"):
        record_audit(Event("UserCreated", detail), Forged())
