"""The two servers that are compared: `make run`, and the emulator with its own gateway."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from benchmarks.ground.interpreter import ROOT, BenchmarkError
from benchmarks.local_server.emulator import deployed
from benchmarks.stage.database import client_of, create_tables

START_SECONDS = 30.0
LOOK_EVERY = 0.1  # seconds
LOCAL_SERVE = (sys.executable, "-m", "local.serve")


@contextlib.contextmanager
def ours() -> Iterator[tuple[str, int]]:
    """The local server on a free port: its URL and its process."""
    yield from empty_server(list(LOCAL_SERVE), LOOK_EVERY)


@contextlib.contextmanager
def run_command(look_every: float) -> Iterator[tuple[str, int]]:
    """`make run` as a developer types it, on a free port: its URL and its process."""
    yield from empty_server(["make", "--silent", "run"], look_every)


def empty_server(command: list[str], look_every: float) -> Iterator[tuple[str, int]]:
    """The local server without users, and without a limit on requests."""
    with tempfile.TemporaryDirectory(prefix="users-api-local-") as data:
        yield from on_folder(data, command, look_every)


def on_folder(
    data: str,
    command: Sequence[str] = LOCAL_SERVE,
    look_every: float = LOOK_EVERY,
    more: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[tuple[str, int]]:
    """The local server with the users in a folder, and without a limit on requests: its URL and its process.

    `more`: settings that replace these or are added.
    """
    port = free_port()
    settings = {"PORT": str(port), "DATA": data, "PARAMETERS": "ThrottleRate=10000 ThrottleBurst=5000 Events=false"}
    environment = {**os.environ, **settings, **more}
    yield from served(list(command), environment, f"http://127.0.0.1:{port}", "/users", look_every)


@contextlib.contextmanager
def gateway() -> Iterator[tuple[str, int]]:
    """The emulator alone, with our functions deployed behind its own gateway."""
    port = free_port()
    environment = {
        **os.environ,
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "PERSIST_STATE": "0",
        "LOG_LEVEL": "WARNING",
    }
    endpoint = f"http://127.0.0.1:{port}"
    for _, pid in served([sys.executable, "-m", "ministack"], environment, endpoint, "/_ministack/health"):
        create_tables(client_of(endpoint))
        yield f"{endpoint}/_aws/execute-api/{deployed(endpoint)}/Prod", pid


def served(
    command: list[str], environment: dict[str, str], url: str, probe: str, look_every: float = LOOK_EVERY
) -> Iterator[tuple[str, int]]:
    """Start a server in a process group of its own, wait until it answers, end the group afterwards."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
        try:
            if not answers(url + probe, process, look_every):
                output.seek(0)
                raise BenchmarkError(f"{command[2]} did not start: {output.read()[-800:].decode(errors='replace')}")
            yield url, process.pid
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)


def answers(url: str, process: subprocess.Popen[bytes], look_every: float) -> bool:
    """Wait until a URL answers anything."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(look_every)
        else:
            return True
    return False


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
