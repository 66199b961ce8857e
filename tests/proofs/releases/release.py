"""A release: the functions of a folder of source, run in a process of their own behind a pair of tables."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from releases.requests import Broken
from tests.support.emulator import Emulator
from tests.support.tables import Tables

CAPITAL = re.compile("(?<!^)(?=[A-Z])")
WORKER = Path(__file__).with_name("worker.py")


class Release:
    """The five functions of users of one release. It can be called by several threads, one call after the other."""

    def __init__(self, source: Path, emulator: Emulator, tables: Tables, **settings: str) -> None:
        self.calls = 0
        self.lock = threading.Lock()
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
        self.process = subprocess.Popen(
            [sys.executable, str(WORKER), str(source)],
            env={
                **inherited,
                "AWS_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_ENDPOINT_URL_DYNAMODB": emulator.endpoint,
                "USERS_TABLE": tables.users,
                "USER_KEYS_TABLE": tables.keys,
                "CORS_ORIGIN": "*",
                "PYTHONDONTWRITEBYTECODE": "1",
                **settings,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def call(self, name: str, event: dict[str, Any], room: str = "handlers") -> Any:
        """What the function of a name of the contract (`CreateUser`) returns. Raises Broken if it fails."""
        handler = f"{room}.{CAPITAL.sub('_', name).lower()}"
        with self.lock:
            self.calls += 1
            assert self.process.stdin
            assert self.process.stdout
            self.process.stdin.write(json.dumps({"handler": handler, "event": event}) + "\n")
            self.process.stdin.flush()
            said = json.loads(self.process.stdout.readline())
        if "errorType" in said:
            raise Broken(f"{name} failed: {said['errorType']}")
        return said["answer"]

    def __enter__(self) -> Release:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()
