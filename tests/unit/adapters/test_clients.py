"""Clients that are bounded in time."""

from __future__ import annotations

from adapters.clients import client


def test_a_client_tries_once_and_waits_briefly(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    config = client("events").meta.config
    assert (config.connect_timeout, config.read_timeout, config.retries["total_max_attempts"]) == (1, 2, 1)
