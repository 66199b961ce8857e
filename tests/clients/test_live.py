"""The client of live updates, run by Node against an API and against a scripted server."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.server import ROOT, Server

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).resolve().parent
STEPS = [
    "a change is told",
    "what happens while the connection is broken is told after it",
    "a message that comes twice is told once",
    "a new connection resumes after the last place",
    "a gap is told",
    "a connection that is silent is left",
    "a request that fails is sent again over another connection",
    "no ticket stops nothing",
]
WRONG = {
    "tells twice": ("if (!known)", "if (true)"),
    "forgets its place": ("Math.max(topic.place ?? 0, message.place)", "undefined"),
    "tells of no gap": ("if (gap) topic.gap();", ""),
    "does not reconnect": ("    this.#later();\n  }\n\n  // Full", "  }\n\n  // Full"),
    "waits for a dead connection": ("setTimeout(() => this.#abandon(), PONG_SECONDS * 1000)", "0"),
    "believes that a failed request succeeded": ("message.type === undefined || AGAIN.has(message.code)", "false"),
    "gives up without a ticket": ("} catch {\n      this.#later();", "} catch {"),
}


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    with Server() as server:
        yield server.url


def ran(script: Path, api: str) -> subprocess.CompletedProcess[str]:
    # Node 20 has WebSocket behind this flag, and newer ones without it.
    command = ["node", "--experimental-websocket", str(script)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env={**os.environ, "API": api})


def test_the_client_keeps_its_promises(api):
    done = ran(FOLDER / "live.mjs", api)
    assert done.stdout.splitlines() == STEPS, done.stderr


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_client_is_caught(api, tmp_path, fault):
    old, new = WRONG[fault]
    text = (ROOT / "clients" / "live.mjs").read_text()
    assert old in text
    (tmp_path / "live.mjs").write_text(text.replace(old, new, 1))
    steps = (FOLDER / "live.mjs").read_text().replace("../../clients/live.mjs", "./live.mjs")
    (tmp_path / "steps.mjs").write_text(steps.replace("const SECONDS = 20;", "const SECONDS = 12;"))
    assert ran(tmp_path / "steps.mjs", api).returncode != 0
