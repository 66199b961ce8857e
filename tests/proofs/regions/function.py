"""The functions of one Region in a process of their own: an event on each line in, an answer on each line out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from typing import Any

from tests.support.events import Context, event
from tests.support.server import ROOT

HANDLERS = {"POST": "create_user", "PUT": "update_user", "DELETE": "delete_user", "LIST": "list_users"}


class Functions:
    """The functions that write and list users in one Region."""

    def __init__(self, endpoint: str, region: str, role: str, users: str, keys: str) -> None:
        settings = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_REGION": region,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "USERS_TABLE": users,
            "USER_KEYS_TABLE": keys,
            "CORS_ORIGIN": "*",
            "REGION_ROLE": role,
            "EVENTS": "false",
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.proofs.regions.function"],
            cwd=ROOT,
            env={**os.environ, **settings},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """Status and document of one request."""
        name = "LIST" if (method, path) == ("GET", "/users") else method
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps([HANDLERS[name], event(method, path, body)]) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return answer["statusCode"], json.loads(answer["body"])

    def kill(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.process.communicate()


def main() -> None:
    """Answer each line of the input."""
    for line in sys.stdin:
        name, sent = json.loads(line)
        answer = import_module(f"regional.{name}").lambda_handler(sent, Context())
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
