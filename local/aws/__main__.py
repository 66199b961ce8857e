"""`python -m local.aws --data DIR [--port N]`: the emulated AWS in the foreground, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from local.aws.emulator.errors import AWSError
from local.aws.server import serve
from local.proxies import spare_loopback
from local.wire.allowed import Allowed


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop; 0 after a clean stop, 1 with one sentence when it cannot start."""
    options = parsed(arguments)
    spare_loopback(os.environ)
    if options.lifeline:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    try:
        serve(
            options.data,
            options.port,
            lambda endpoint: tell(options.ready_fd, "endpoint", endpoint),
            lifeline=options.lifeline,
            functions=None if options.functions_fd is None else socket.socket(fileno=options.functions_fd),
            allowed=Allowed(frozenset(options.allow_host), frozenset(options.allow_origin)),
            **given(options, "compact_bytes", "sweep_seconds", "fsync", "history_bytes"),
        )
    except KeyboardInterrupt:
        pass
    except AWSError as error:
        tell(options.ready_fd, "error", str(error))
        return 1
    return 0


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m local.aws", description="Run the emulated AWS.")
    parser.add_argument("--data", required=True, type=Path, help="folder that holds all state")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 and ::1; 0 takes a free one")
    parser.add_argument("--compact-bytes", type=int, help="size of the log from which a snapshot takes its place")
    parser.add_argument("--history-bytes", type=int, help="size of the old logs that moments are restored from")
    parser.add_argument("--sweep-seconds", type=float, help="how often what changes without a request is looked for")
    parser.add_argument(
        "--fsync",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="survive the machine's end too, not only the process's",
    )
    parser.add_argument("--allow-host", action="append", default=[], help="a further name of this machine")
    parser.add_argument("--allow-origin", action="append", default=[], help="an origin whose pages may send requests")
    parser.add_argument("--ready-fd", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--functions-fd", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--lifeline", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def given(options: argparse.Namespace, *names: str) -> dict[str, Any]:
    """The named options that were given."""
    return {name: value for name in names if (value := getattr(options, name)) is not None}


def tell(descriptor: int | None, key: str, text: str) -> None:
    """Say one thing to the parent, or to the terminal when there is none."""
    if descriptor is None:
        print(f"aws: {text}", file=sys.stderr, flush=True)
        return
    with os.fdopen(descriptor, "w") as stream:
        stream.write(json.dumps({key: text}) + "\n")


if __name__ == "__main__":
    sys.exit(main())
