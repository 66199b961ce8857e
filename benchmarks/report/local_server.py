"""The table of the local server."""

from __future__ import annotations

from typing import Any

from benchmarks.ground.quiet import BUSY
from benchmarks.ground.text_tables import markdown

NAMES = ("ours", "gateway")


def rows(found: dict[str, Any]) -> list[list[str]]:
    """The table: requests per second and times, ours beside the emulator's gateway."""
    table = [
        [
            "request",
            "clients",
            "make run req/s",
            "p50 ms",
            "p99 ms",
            "ministack's gateway req/s",
            "p50 ms",
            "p99 ms",
            "times",
        ]
    ]
    for method in ("get", "post"):
        for clients in found[method]["ours"]:
            here, there = found[method]["ours"][clients], found[method]["gateway"][clients]
            table.append(
                [
                    method.upper(),
                    clients,
                    *cells(here),
                    *cells(there),
                    times(here["requests_per_second"], there["requests_per_second"]),
                ]
            )
    return table


def times(here: float, there: float) -> str:
    """How many times as fast."""
    return f"{here / there:.1f}" if there else "-"


def cells(one: dict[str, float]) -> list[str]:
    """Throughput and times of one server; how many answers were not good, if any."""
    bad = int(one["not_2xx"] + one["failed"])
    return [
        f"{one['requests_per_second']:,.0f}" + (f" ({bad} bad)" if bad else ""),
        f"{one['p50_ms']:.1f}",
        f"{one['p99_ms']:.1f}",
    ]


def text(found: dict[str, Any]) -> str:
    """For the document: the table and how it was taken."""
    load, ours, gateway = found["machine"]["load_at_start"], *(found["resident_mb"][name] for name in NAMES)
    made = sum(one["sent"] for one in found["post"]["ours"].values())
    sentences = [
        f"Taken {found['date']} by `python -m benchmarks local`: wrk, a connection for each request,",
        f"{found['seconds']} s each,",
        f"client and servers on the same {found['machine']['cores']} cores.",
        f"Resident memory of all processes: {ours['get']:.0f} MB and {gateway['get']:.0f} MB after the GETs;",
        f"{ours['post']:.0f} MB and {gateway['post']:.0f} MB after the POSTs, {made:,.0f} users more in `make run`.",
        f"The machine was busy (load {load}): only indicative." if load > BUSY else "",
    ]
    return markdown(rows(found)) + "\n\n" + " ".join(filter(None, sentences))
