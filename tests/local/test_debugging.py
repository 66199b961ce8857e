"""A breakpoint() in a function stops there, and its time stands still meanwhile (docs/reference/local.md)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.request

import pytest

from tests.local.gateway_api import TEMPLATES
from tests.support.server import ROOT, free_port

pytestmark = pytest.mark.local_only


def test_a_breakpoint_stops_in_the_function_and_the_time_out_waits(tmp_path):
    shutil.copytree(TEMPLATES.parent / "functions", tmp_path / "functions")
    shutil.copytree(TEMPLATES, tmp_path / "templates")
    code = tmp_path / "functions" / "counter.py"
    code.write_text(code.read_text().replace("    calls += 1\n", "    calls += 41\n    breakpoint()\n    calls += 1\n"))
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "DATA": str(tmp_path / "data"), "PARAMETERS": "",
                   "TEMPLATE": str(tmp_path / "templates" / "proxy.yaml")}  # fmt: skip
    server = subprocess.Popen([sys.executable, "-m", "local.serve"], cwd=ROOT, env=environment, text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    assert server.stdin
    assert server.stdout
    try:
        wait_for(server.stdout, "Press Ctrl-C to stop")
        answers: list[str] = []
        client = threading.Thread(target=lambda: answers.append(get(f"http://127.0.0.1:{port}/count")))
        client.start()
        wait_for(server.stdout, "counter.py")  # pdb says where it stands
        time.sleep(2.5)  # longer than the function's time-out of 2 s
        server.stdin.write("p 'calls are', calls\nc\n")
        server.stdin.flush()
        wait_for(server.stdout, "('calls are', 41)")
        client.join(10)
        assert answers[0].startswith("200 42 ")
    finally:
        server.terminate()
        server.communicate(timeout=15)
    assert server.returncode == 0


def get(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        return f"{answer.status} {answer.read().decode()}"


def wait_for(stream, words):
    """Read until a line has the words."""
    for line in stream:
        if words in line:
            return
    pytest.fail(f"{words!r} never came")
