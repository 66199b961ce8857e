"""The functions of one release in a process of their own: `python worker.py SRC`.

Reads lines of JSON, {"handler": "handlers.create_user", "event": {...}}, and writes a line with what each returns:
{"answer": ...}, or {"errorType": ...} for a function that cannot be imported or raises.
"""

from __future__ import annotations

import importlib
import json
import logging
import sys
import uuid


class Context:
    """What a function asks of its context."""

    function_name = "function"

    def __init__(self) -> None:
        self.aws_request_id = str(uuid.uuid4())

    def get_remaining_time_in_millis(self) -> int:
        return 10_000


def main(source: str) -> None:
    """Answer until the input ends."""
    sys.path[0] = source  # in place of the folder of this file
    logging.disable(logging.CRITICAL)
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            handler = importlib.import_module(asked["handler"]).lambda_handler
            said = {"answer": handler(asked["event"], Context())}
        except Exception as error:
            said = {"errorType": type(error).__name__}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
