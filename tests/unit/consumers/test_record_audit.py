"""The consumer that writes the audit trail."""

from __future__ import annotations

from consumers.record_audit import record_audit
from utils.consumer import Event


class Trail:
    def __init__(self):
        self.entries = []

    def append(self, type_, detail):
        self.entries.append((type_, detail))


def test_an_event_is_one_entry():
    trail, detail = Trail(), {"id": "1", "schemaVersion": 1, "time": "2026-11-29T15:59:00.000Z"}
    record_audit(Event("UserCreated", detail), trail)
    assert trail.entries == [("UserCreated", detail)]
