"""python -m benchmarks [COMMAND] - measure, and write down what was measured.

    run [--publish-noisy]    every peer and the local server: all that the pages show but capacity (make bench)
    quick                    the peers in a few minutes, to look at: no goal is judged, nothing is published
    local [--publish-noisy]  the local server beside the emulator's own gateway, at 1, 10 and 50 clients
    sizes [--publish-noisy]  the local server with 1k, 10k and 50k users
    bodies [--publish-noisy] the local server's small GETs beside large bodies, and its memory
    events [--publish-noisy] the time from a change to its effect in the local server, alone and in a burst
    consumers [--publish-noisy] calls, capacity units and CPU time of what follows from a change
    transfers [--publish-noisy] calls, capacity units and CPU time of an import and an export
    live [--publish-noisy]   the time from a change to its message at a client, with 1,000 open connections
    searches [--publish-noisy] the local server's searches with 1k and 50k users, and when a change is found
    console [--publish-noisy] the console in a browser: bytes, requests, first paint and rows, with 50 and 50k users
    growth [--million]       calls and capacity units per operation and per search at 1k, 10k and 100k users; the
                             searches at a million too, which takes minutes and 1.2 GB
    write                    the charts and the pages again, from the last results
    compare A B              whether two files of results agree: status 0 if they do, 1 if not

`run`, `local`, `sizes`, `bodies`, `events`, `consumers`, `transfers`, `live`, `searches`, `console` and `growth` keep
their results in benchmarks/results/. All but `growth` write the pages too. A run on a busy machine, or one whose
figures spread too far, is kept in .local/ instead, unless it is asked to be published. `growth` counts, and a busy
machine does not change what it counts.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.ground import quiet, results
from benchmarks.ground.interpreter import HOME, BenchmarkError
from benchmarks.ground.text_tables import aligned
from benchmarks.stage.runtime_api import FunctionFailed
from local.proxies import spare_loopback

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))  # what is measured

ROUNDS, WARM_CALLS = 21, 70
PUBLISH_NOISY = "--publish-noisy"
MILLION = "--million"
# The option of each command that has one.
OPTIONS = {
    **dict.fromkeys(
        ("run", "local", "sizes", "bodies", "events", "consumers", "transfers", "live", "searches", "console"),
        PUBLISH_NOISY,
    ),
    "growth": MILLION,
}


class Noisy(Exception):
    """The times of a run spread too far, so that nothing more is measured."""


def main(arguments: list[str]) -> int:
    """Exit status 0 done, 1 failed, 2 wrong usage."""
    name, *rest = ["run", *arguments] if arguments[:1] in ([], [PUBLISH_NOISY]) else arguments
    if name not in COMMANDS or not fits(name, rest):
        print(__doc__, file=sys.stderr)
        return 2
    spare_loopback(os.environ)
    try:
        return COMMANDS[name](*rest) or 0
    except (BenchmarkError, FunctionFailed) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 1


def fits(name: str, rest: list[str]) -> bool:
    """Whether a command takes these arguments."""
    if name == "compare":
        return len(rest) == len(("A", "B"))
    return not rest or rest == [OPTIONS.get(name)]


def run(*options: str) -> int:
    """Every peer, and the local server."""
    from benchmarks.cold_start import run as measured
    from benchmarks.local_server import load as local_load

    load = announced()
    local = local_load.run(load) if local_load.available() else {}
    if not local:
        print("bench: wrk is not installed: the local server is not measured", file=sys.stderr)
    rest = {"local": local} if local else {}

    def timed(found: dict[str, Any]) -> None:
        if refused({"peers": found, **rest}, quiet.noise(found), options):
            raise Noisy
        print("bench: all times are measured; other work does no harm from here on", file=sys.stderr)

    try:
        peers = {**measured.run(load, ROUNDS, WARM_CALLS, counted=True, timed=timed), "command": "make bench"}
    except Noisy:
        return 1
    show({**peers, "local": local or results.load("local")})
    return published({"peers": peers, **rest}, quiet.noise(peers), options)


def quick() -> None:
    """Enough to see the order, too few starts to judge."""
    from benchmarks.cold_start import run as measured

    found = {**measured.run(quiet.load(), rounds=3, warm_calls=40, counted=False), "command": "make bench-quick"}
    kept = results.keep("peers-quick", found, HOME)
    show(found, judge=False)
    print(f"\nKept in {kept}.")


def local(*options: str) -> int:
    """The local server."""
    from benchmarks.local_server import load as local_load
    from benchmarks.report import local_server

    found = local_load.run(announced())
    print(aligned(local_server.rows(found)))
    return published({"local": found}, quiet.noise(found), options)


def sizes(*options: str) -> int:
    """The local server with few and with many users."""
    from benchmarks.local_server import sizes as measured
    from benchmarks.report import local_server

    found = measured.run(announced())
    print(aligned(local_server.size_rows(found)))
    return published({"sizes": found}, quiet.noise(found), options)


def bodies(*options: str) -> int:
    """The local server with large bodies."""
    from benchmarks.local_server import bodies as measured
    from benchmarks.report import local_server

    found = measured.run(announced())
    print(aligned(local_server.body_rows(found)))
    return published({"bodies": found}, quiet.noise(found), options)


def events(*options: str) -> int:
    """The local server's events."""
    from benchmarks.local_server import events as measured
    from benchmarks.report import events as report

    found = measured.run(announced())
    print(aligned(report.rows(found)))
    return published({"events": found}, quiet.noise(found), options)


def consumers(*options: str) -> int:
    """What follows from a change."""
    from benchmarks.capacity import consumers as measured
    from benchmarks.report import change_cost, cost

    found = measured.run(announced())
    print(aligned(change_cost.rows(cost.prices(), found["cases"])))
    return published({"consumers": found}, quiet.noise(found), options)


def transfers(*options: str) -> int:
    """What imports and exports consume."""
    from benchmarks.capacity import transfers as measured
    from benchmarks.report import bulk_cost, cost

    found = measured.run(announced())
    print(aligned(bulk_cost.rows(cost.prices(), found)))
    return published({"transfers": found}, quiet.noise(found), options)


def live(*options: str) -> int:
    """The local server's live updates."""
    from benchmarks.local_server import live as measured
    from benchmarks.report import live as report

    found = measured.run(announced())
    print(aligned(report.rows(found)))
    return published({"live": found}, quiet.noise(found), options)


def searches(*options: str) -> int:
    """The local server's searches."""
    from benchmarks.local_server import searches as measured
    from benchmarks.report import local_searches as report

    found = measured.run(announced())
    print(aligned(report.page_rows(found)))
    print("\n" + aligned(report.found_rows(found)))
    return published({"local_searches": found}, quiet.noise(found), options)


def console(*options: str) -> int:
    """The console."""
    from benchmarks.local_server import console as measured
    from benchmarks.report import console as report

    found = measured.run(announced())
    print(report.sent(found) + "\n\n" + aligned(report.rows(found)))
    return published({"console": found}, quiet.noise(found), options)


def announced() -> float:
    """The load before a run, told at once: a high one means that the run is not published."""
    load = quiet.load()
    print(f"bench: the load at the start is {load:g}", file=sys.stderr)
    return load


def published(found: dict[str, dict[str, Any]], noise: list[str], options: tuple[str, ...]) -> int:
    """Keep the results and write the pages; a noisy run beside them only, unless it is asked for."""
    if refused(found, noise, options):
        return 1
    for kind, one in found.items():
        results.keep(kind, one)
    write()
    return 0


def refused(found: dict[str, dict[str, Any]], noise: list[str], options: tuple[str, ...]) -> bool:
    """Whether a run is too noisy to be published: it says why, and keeps the results beside the published ones."""
    if not noise or PUBLISH_NOISY in options:
        return False
    kept = [str(results.keep(f"{kind}-noisy", one, HOME)) for kind, one in found.items()]
    print(f"bench: {' '.join(noise)} The published figures stay; this run is in {', '.join(kept)}.", file=sys.stderr)
    return True


def show(found: dict[str, Any], judge: bool = True) -> None:
    """The tables, for the person at the terminal."""
    from benchmarks.report import local_server, tables

    print(tables.terminal(found, judge))
    if found.get("local"):
        print("\n" + aligned(local_server.rows(found["local"])))


def write() -> None:
    """Charts and documents."""
    from benchmarks.report import documents

    documents.write()


def growth(*options: str) -> None:
    """Units and calls as the table grows, and those of searches."""
    from benchmarks.capacity import growth as measured
    from benchmarks.capacity import searches as searched
    from benchmarks.report import growth as table
    from benchmarks.report import searches as report

    million = (searched.MILLION,) if MILLION in options else ()
    of_searches = searched.run((*searched.SIZES, *million))
    results.keep("searches", of_searches)
    print(aligned(report.rows(of_searches)) + "\n\n" + aligned(report.write_rows(of_searches)))
    found = measured.run()
    results.keep("growth", found)
    print("\n" + aligned(table.rows(found)))


def compare(first: str, second: str) -> int:
    """Whether two runs agree."""
    from benchmarks.report import compare as comparison

    one, other = (read(Path(name)) for name in (first, second))
    print(comparison.text(one, other))
    return 0 if comparison.agree(one, other) else 1


def read(path: Path) -> dict[str, Any]:
    """A file of results of peers."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise BenchmarkError(f"{path} cannot be read: {error}") from error
    if "subjects" not in found:
        raise BenchmarkError(f"{path} does not hold results of peers")
    return dict(found)


COMMANDS: dict[str, Callable[..., int | None]] = {
    "run": run,
    "quick": quick,
    "local": local,
    "sizes": sizes,
    "bodies": bodies,
    "events": events,
    "consumers": consumers,
    "transfers": transfers,
    "live": live,
    "searches": searches,
    "console": console,
    "growth": growth,
    "write": write,
    "compare": compare,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
