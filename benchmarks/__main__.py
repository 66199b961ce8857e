"""python -m benchmarks [COMMAND] - measure, and write down what was measured.

    run      every peer, interleaved: times, memory, modules, instructions, goals (make bench)
    quick    the same in a few minutes: fewer starts, no callgrind for the slow peers (make bench-quick)
    local    the local server beside the emulator's own gateway, at 1, 10 and 50 clients
    growth   calls and capacity units per operation at 1k, 10k and 100k users
    write    the charts and the documents again, from the last results

Results are kept in benchmarks/results/; `run` and `quick` print the table, write it as JSON and draw the charts.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.ground import results
from benchmarks.ground.interpreter import HOME, BenchmarkError
from benchmarks.ground.text_tables import aligned
from benchmarks.stage.runtime_api import FunctionFailed

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))  # what is measured


def main(arguments: list[str]) -> int:
    """Exit status 0 done, 1 failed, 2 wrong usage."""
    command = COMMANDS.get(arguments[0] if arguments else "run")
    if command is None or len(arguments) > 1:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        command()
    except (BenchmarkError, FunctionFailed) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 1
    return 0


def run() -> None:
    """Every peer."""
    from benchmarks.cold_start import run as measured
    from benchmarks.report import documents

    found = measured.run(rounds=11, warm_calls=70, counted=True)
    results.keep("peers", found)
    documents.write()
    show(found)


def quick() -> None:
    """Enough to see the order; too few starts for the documents."""
    from benchmarks.cold_start import run as measured

    found = measured.run(rounds=3, warm_calls=40, counted=False)
    results.keep("peers-quick", found, HOME)
    show(found)


def show(found: dict[str, Any]) -> None:
    """The tables, for the person at the terminal."""
    from benchmarks.report import tables

    print(tables.terminal({**found, "local": results.load("local")}))


def write() -> None:
    """Charts and documents."""
    from benchmarks.report import documents

    documents.write()


def local() -> None:
    """The local server."""
    from benchmarks.local_server import load
    from benchmarks.report import local_server

    found = load.run()
    results.keep("local", found)
    print(aligned(local_server.rows(found)))


def growth() -> None:
    """Units and calls as the table grows."""
    from benchmarks.capacity import growth as measured
    from benchmarks.report import growth as table

    found = measured.run()
    results.keep("growth", found)
    print(aligned(table.rows(found)))


COMMANDS: dict[str, Callable[[], None]] = {
    "run": run,
    "quick": quick,
    "--quick": quick,
    "write": write,
    "local": local,
    "growth": growth,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
