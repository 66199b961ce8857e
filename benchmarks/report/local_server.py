"""The table of the local server."""

from __future__ import annotations

from typing import Any

from benchmarks.ground.quiet import busy
from benchmarks.ground.text_tables import markdown
from benchmarks.report.relative import spread

NAMES = ("ours", "gateway")
HEADER = [
    "request",
    "clients",
    "make run requests/s",
    "p50 ms",
    "p99 ms",
    "ministack's gateway requests/s",
    "p50 ms",
    "p99 ms",
    "times",
]
# Kind of load in the results, and what it is.
KINDS = {
    "get": "GET",
    "get_open": "GET, connections stay open",
    "list": "list, a page of 25",
    "update": "PUT",
    "mixed": "mixed: 80 % GET, 10 % list, 5 % POST, 5 % PUT",
    "post": "POST",
}


def rows(found: dict[str, Any]) -> list[list[str]]:
    """The table: requests per second and times, ours beside the emulator's gateway."""
    return [HEADER, *(row(found, kind, clients) for kind in KINDS if kind in found for clients in found[kind]["ours"])]


def row(found: dict[str, Any], kind: str, clients: str) -> list[str]:
    """One line of it."""
    here, there = found[kind]["ours"][clients], found[kind]["gateway"][clients]
    faster = times(here["requests_per_second"], there["requests_per_second"])
    return [KINDS[kind], clients, *cells(here), *cells(there), faster]


def times(here: float, there: float) -> str:
    """How many times as fast."""
    return f"{here / there:.1f}" if there else "-"


def cells(one: dict[str, float]) -> list[str]:
    """Throughput and times of one server; how many responses were not good, if any."""
    bad = int(one["not_2xx"] + one["failed"])
    return [
        f"{one['requests_per_second']:,.0f}" + (f" ({bad} bad)" if bad else ""),
        f"{one['p50_ms']:.1f}",
        f"{one['p99_ms']:.1f}",
    ]


def text(found: dict[str, Any]) -> str:
    """For the document: the table and how it was taken."""
    ours, gateway = (found["resident_mb"][name] for name in NAMES)
    made = sum(one["sent"] for one in found["post"]["ours"].values())
    sentences = [
        f"Measured {found['date']} by `python -m benchmarks local`: wrk, a connection for each request,",
        f"{found['seconds']} s each,",
        f"client and servers on the same {found['machine']['cores']} cores.",
        start_up(found),
        f"Resident memory of all processes: {ours['get']:.0f} MB and {gateway['get']:.0f} MB after the GETs;",
        f"{ours['post']:.0f} MB and {gateway['post']:.0f} MB after the POSTs, {made:,.0f} users more in `make run`.",
        caution(found["machine"]),
    ]
    return markdown(rows(found)) + "\n\n" + " ".join(filter(None, sentences))


def caution(machine: dict[str, Any]) -> str:
    """A sentence about other work at the start; empty if there was none."""
    if not busy(machine):
        return ""
    return f"The machine was busy (load {machine['load_at_start']}): treat the figures as an indication."


def start_up(found: dict[str, Any]) -> str:
    """How long `make run` takes to its first response, where it was measured."""
    if "start_up_ms" not in found:
        return ""
    took = found["start_up_ms"]
    return f"`make run` takes {spread(took, 0)} ms from the command to its first response, on empty tables."


def size_rows(found: dict[str, Any]) -> list[list[str]]:
    """The table of sizes: what a request takes, the start and the memory, by the number of users."""
    head = ["users", "list p50 ms", "list p99 ms", "GET p50 ms", "GET p99 ms", "mixed p50 ms", "mixed p99 ms"]
    return [[*head, "start s", "memory MB"], *(size_row(size, one) for size, one in found["sizes"].items())]


def size_row(size: str, one: dict[str, Any]) -> list[str]:
    """One line of it."""
    latencies = [f"{one[kind][figure]:.1f}" for kind in ("list", "get", "mixed") for figure in ("p50_ms", "p99_ms")]
    return [f"{int(size):,}", *latencies, f"{one['start_s']:.1f}", f"{one['resident_mb']:.0f}"]


def size_text(found: dict[str, Any]) -> str:
    """For the document: the table of sizes and how it was taken."""
    sentences = [
        f"Measured {found['date']} by `python -m benchmarks sizes`: wrk, {found['seconds']} s each, one client for",
        f"list and GET, ten for the mixed load, on {found['machine']['cores']} cores.",
        "The start is that of `make run` on users of an earlier run, to its first response.",
        caution(found["machine"]),
    ]
    return markdown(size_rows(found)) + "\n\n" + " ".join(filter(None, sentences))


def body_rows(found: dict[str, Any]) -> list[list[str]]:
    """The table of large bodies: the GETs beside them and the memory, by what is sent."""
    head = ["large bodies", "MB each", "answered", "GET requests/s", "GET p50 ms", "GET p99 ms"]
    memory = ["front end at most MB", "process of a body MB", "front end afterwards MB"]
    return [[*head, *memory], *map(body_row, found["cases"])]


def body_row(one: dict[str, Any]) -> list[str]:
    """One line of it."""
    sent = [f"{one['megabytes']}", f"{one['answered']}"] if one["answered"] else ["-", "-"]
    worker = f"{one['worker_mb']:.0f}" if one["worker_mb"] else "-"
    return [one["sends"], *sent, *cells(one["get"]), f"{one['peak_mb']:.0f}", worker, f"{one['rest_mb']:.0f}"]


def body_text(found: dict[str, Any]) -> str:
    """For the document: the table of large bodies and how it was taken."""
    sentences = [
        f"Measured {found['date']} by `python -m benchmarks bodies`: one client sends GETs (wrk, {found['seconds']} s)",
        f"while {found['clients']} others send large bodies, each one after another,",
        f"on {found['machine']['cores']} cores.",
        f"The front end has {found['start_mb']:.0f} MB at its start.",
        caution(found["machine"]),
    ]
    return markdown(body_rows(found)) + "\n\n" + " ".join(filter(None, sentences))
