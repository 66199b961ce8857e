"""An AWS account to deploy to: ministack as a process of its own that enforces IAM, with a witness in front of it."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import botocore.config
import botocore.session

from tests.deployed.recorder import Recorder
from tests.support.server import free_port

REGION = "us-east-1"
START_SECONDS = 30.0


class Cloud:
    """A fresh account. `endpoint` is for the deployer; the functions call through `recorder`."""

    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="users-api-cloud-")
        self.session = botocore.session.Session()
        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        self.recorder = Recorder(self.endpoint)
        self.recorder.__enter__()
        self.log = Path(self.folder, "log")
        self.process = subprocess.Popen(
            [Path(sys.executable).parent / "ministack"],
            env=self._environment(port),
            cwd=self.folder,
            stdout=self.log.open("w"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._wait_until_it_answers()

    def _environment(self, port: int) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {
            **kept,
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "TMPDIR": self.folder,
            "LOG_LEVEL": "WARNING",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            # not for ministack itself: the functions that it starts inherit it
            "AWS_ENDPOINT_URL": self.recorder.url,
        }

    def _wait_until_it_answers(self) -> None:
        last = time.monotonic() + START_SECONDS
        while time.monotonic() < last and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=2) as answer:
                    assert json.load(answer)["auth"] == "enabled"
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"ministack did not start:\n{self.log.read_text()}")

    @functools.cache  # noqa: B019 - one account for the whole run
    def client(self, service: str, key: str = "test", secret: str = "test", token: str | None = None) -> Any:
        """A low-level client of the account, as its root unless other credentials are given; it tries once."""
        config = botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=60, parameter_validation=False)
        return self.session.create_client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=config,
        )

    def stop(self) -> None:
        """End it with all it started, and remove what it wrote."""
        self.recorder.__exit__()
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(15)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)  # functions that outlive it
            shutil.rmtree(self.folder, ignore_errors=True)
