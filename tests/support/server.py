"""`make run` as tests start it: a process of its own on a free port, its data in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.support import described

ROOT = Path(__file__).resolve().parent.parent.parent
END_OF_SCREEN = "One line per request follows."
START_SECONDS = 120.0  # a busy machine; a server that fails ends at once


def free_port() -> int:
    """A port that nobody listens on, below those that a system gives to clients: no test's connection takes it."""
    for port in random.sample(range(15_000, 32_000), 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("a hundred ports of this machine are in use")


class Server:
    """The running API. `url` has no trailing slash; `output` is all it has printed; `data` outlives a restart.

    `root` is the project served (another checkout, say); `settings` are further environment variables.
    """

    def __init__(self, parameters: str = "", root: Path = ROOT, data: str = "", port: int = 0, **settings: str) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._own_data = not data
        self.data = data or tempfile.mkdtemp(prefix="users-api-data-")
        self.output = ""
        environment = {**os.environ, "PORT": str(self.port), "DATA": self.data, "PARAMETERS": parameters, **settings}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "local.serve"],
            cwd=root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self._wait_until_it_answers()
            if root == ROOT:
                described.describe(self.url)
        except BaseException:
            self.stop()
            raise

    @property
    def dynamodb_endpoint(self) -> str:
        """Where the server's own DynamoDB is, from what it says at start."""
        found = re.search(r"DynamoDB\s+(http://127\.0\.0\.1:\d+)", self.output)
        assert found, f"the start screen names no DynamoDB endpoint:\n{self.output}"
        return found[1]

    def client(self, service: str) -> Any:
        """A low-level client of the server's emulated AWS."""
        import botocore.session

        return botocore.session.Session().create_client(
            service,
            region_name="us-east-1",
            endpoint_url=self.dynamodb_endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def stop(self, how: signal.Signals = signal.SIGTERM, seconds: float = 15) -> int:
        """End it with a signal; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            status = self.process.wait()
        self._reader.join(5)
        if self._own_data:
            shutil.rmtree(self.data, ignore_errors=True)
        return status

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.output += line

    def _wait_until_it_answers(self) -> None:
        """Until it has answered and said all that its start screen says, which another thread reads."""
        last = time.monotonic() + START_SECONDS
        answered = False
        while time.monotonic() < last:
            if answered and END_OF_SCREEN in self.output:
                return
            assert self.process.poll() is None, f"the server ended with {self.process.returncode}:\n{self.output}"
            answered = answered or self._answers()
            time.sleep(0.02)
        raise AssertionError(f"no answer within {START_SECONDS} s:\n{self.output}")

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}/users?limit=1", timeout=5).close()
        except urllib.error.HTTPError:
            return True  # if only to ask for a key
        except OSError:
            return False
        return True
