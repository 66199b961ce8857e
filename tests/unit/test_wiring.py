"""The composition root."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import wiring
from utils.deadline import Deadline

SRC = Path(__file__).resolve().parents[2] / "src"


def test_an_id_is_a_random_uuid_of_version_4():
    ids = {wiring.new_uuid() for _ in range(1000)}
    assert len(ids) == 1000
    for user_id in ids:
        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", user_id)


def test_a_token_fits_a_client_request_token():
    tokens = {wiring.new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(1 <= len(token) <= 36 for token in tokens)


def test_a_pause_is_short_and_bounded():
    started = time.monotonic()
    for attempt in (0, 1, 20):
        wiring.pause(attempt)
    assert time.monotonic() - started < 0.3


def test_the_client_is_built_once_and_on_first_use(monkeypatch):
    for name in ("USERS_TABLE", "USER_KEYS_TABLE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setattr(wiring, "_built", {})
    wiring.users(Deadline(1))
    [client] = wiring._built.values()
    wiring.cursors(Deadline(1))
    assert list(wiring._built.values()) == [client]


def test_importing_a_handler_needs_no_environment_and_no_network():
    handlers = [f"handlers.{path.stem}" for path in (SRC / "handlers").glob("*_user*.py")]
    assert len(handlers) == 5
    code = f"import {', '.join(handlers)}"
    subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(SRC)!r}); {code}"], check=True, env={}
    )
