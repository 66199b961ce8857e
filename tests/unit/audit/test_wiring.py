"""The reader of the trail is built on first use, over one client."""

from __future__ import annotations

import wiring as root
from audit import wiring
from audit.entries import AuditReader
from utils.deadline import Deadline


def test_a_reader_is_made_for_each_request_over_one_client(monkeypatch):
    monkeypatch.setenv("AUDIT_TABLE", "Audit")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    first, client = wiring.entries(Deadline(1)), root._dynamodb()
    second = wiring.entries(Deadline(1))
    assert isinstance(first, AuditReader)
    assert first is not second
    assert root._dynamodb() is client
