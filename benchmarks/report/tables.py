"""The results as tables: on the terminal, and in the documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.ground.figures import relative_spread
from benchmarks.ground.quiet import busy, noise
from benchmarks.ground.text_tables import aligned
from benchmarks.peers.table import BY_NAME, FLOOR, NEW_CONNECTION, PEERS, Peer
from benchmarks.report.goals import Goal, Verdict, judged
from benchmarks.report.relative import Results, cold_spread, labelled, multiple, spread, versions

WHAT_IT_IS = (
    "This is a local harness with AWS's real runtime client, not Lambda. The times are those of this machine; "
    "the order and the ratios carry over."
)


def number(value: float | None, digits: int = 1, scale: float = 1.0) -> str:
    """A figure, or a dash where none was taken."""
    return "-" if value is None else f"{value / scale:,.{digits}f}"


COLUMNS = (
    "peer",
    "operation",
    "cold ms (middle half)",
    "cold / empty",
    "processor / empty",
    "init ms",
    "first ms",
    "processor ms",
    "stale bytecode ms",
    "stale / empty",
    "warm p50 ms",
    "warm p99 ms",
    "RSS MB",
    "modules",
    "cold instructions M",
    "warm instructions M",
    "log B",
    "unzipped MB",
)


def peer_rows(results: Results) -> list[list[str]]:
    """The table of the peers: header first."""
    keys = [(peer, operation) for peer in PEERS for operation in peer.handlers]
    known = [(peer, operation) for peer, operation in keys if f"{peer.name}.{operation}" in results["subjects"]]
    return [list(COLUMNS), *(peer_row(results, peer, operation) for peer, operation in known)]


def peer_row(results: Results, peer: Peer, operation: str) -> list[str]:
    """One line of it."""
    key = f"{peer.name}.{operation}"
    found = results["subjects"][key]
    return [
        labelled(results, peer),
        "-" if peer.name == FLOOR else operation,
        *cold_cells(results, key),
        *warm_cells(found),
        number(results["packages"][peer.name]["unzipped_bytes"], 2, 1e6),
    ]


def cold_cells(results: Results, key: str) -> list[str]:
    """The columns of a cold start."""
    found, dead = results["subjects"][key], results["subjects"].get(f"{key}.dead")
    return [
        spread(found["cold_ms"]),
        multiple(cold_spread(results, key)),
        multiple(found.get("processor_over_empty")),
        number(found["init_ms"]["p50"]),
        number(found["first_ms"]["p50"]),
        number(found["cold_processor_ms"]["p50"]),
        number(dead["cold_ms"]["p50"] if dead else None),
        multiple(cold_spread(results, f"{key}.dead") if dead else None),
    ]


def warm_cells(found: Mapping[str, Any]) -> list[str]:
    """The columns of a warm request, and of what was counted."""
    warm = found.get("warm_ms", {})
    return [
        number(warm.get("p50"), 3),
        number(warm.get("p99"), 3),
        number(found["resident_bytes"]["p50"], 1, 1e6),
        number(found.get("modules"), 0),
        number(found.get("cold_instructions"), 0, 1e6),
        number(found.get("warm_instructions"), 2, 1e6),
        number(found.get("log_bytes"), 0),
    ]


def connection_rows(results: Results) -> list[list[str]]:
    """A warm read over a connection that stays open, and over a new one for each call."""
    rows = [["warm GET, p50 ms (middle half of the starts)", "open connection", "new connection", "new / open"]]
    for name in NEW_CONNECTION:
        kept, new = (results["subjects"].get(f"{name}.get{suffix}", {}) for suffix in ("", ".new_connection"))
        if new:
            times = new["warm_ms"]["p50"] / kept["warm_ms"]["p50"]
            cells = [spread(one["warm_median_ms"], 3) for one in (kept, new)]
            rows.append([labelled(results, BY_NAME[name]), *cells, f"{times:.2f}"])
    return rows


def goal_rows(results: Results) -> list[list[str]]:
    """The table of the goals."""
    rows = [["goal", "bound", "measured", "verdict"]]
    for verdict in judged(results):
        goal = verdict.goal
        bound = f"{'at least' if goal.at_least else 'at most'} {goal.bound:g}{goal.unit}"
        measured = "-" if verdict.value is None else f"{verdict.value:.2f}{goal.unit}"
        rows.append([goal_name(results, goal), bound, measured, verdict_text(verdict, results)])
    return rows


def goal_name(results: Results, goal: Goal) -> str:
    """A goal with the versions it is compared with."""
    told = versions(results, goal.peer) if goal.peer else ""
    return f"{goal.name} ({told})" if told else goal.name


def verdict_text(verdict: Verdict, results: Results) -> str:
    """The verdict; a time that missed on a busy machine says so."""
    load = results["machine"]["load_at_start"]
    missed_when_busy = verdict.text == "MISSED" and busy(results["machine"])
    return f"MISSED: the machine was busy (load {load})" if missed_when_busy else verdict.text


def setting(results: Results) -> str:
    """Where and how the figures were taken, in a few sentences."""
    machine = results["machine"]
    client = results.get("versions", {}).get("awslambdaric")
    spanned = relative_spread(results["floor_ms"])
    sentences = [
        f"Measured {results['date']} by `{results['command']}` on {machine['processor']}, {machine['cores']} cores, "
        f"{machine['system']} {machine['kernel']}, CPython {machine['python']}"
        + (f", runtime client awslambdaric {client}" if client else "")
        + f". {results['rounds']} rounds, all peers interleaved, {results['warm_calls']} warm calls after each start.",
        f"The load at the start was {machine['load_at_start']:g}.",
        f"The middle half of the starts of the empty function spanned {spanned:.1%} of their median.",
        f"A raw round trip to the DynamoDB stub over TLS took {results['raw_round_trip_ms']:.3f} ms.",
        WHAT_IT_IS,
    ]
    return " ".join(sentences + cautions(results))


def cautions(results: Results) -> list[str]:
    """What makes the run weaker than it should be."""
    machine = results["machine"]
    found = []
    if not machine["python"].startswith(machine["wanted_python"] + "."):
        found.append(f"No Python {machine['wanted_python']} was found, so this is not the version that is deployed.")
    if not machine["own_core_for_the_function"]:
        found.append("There was one core only: function, driver and stub shared it.")
    noisy = noise(results)
    if noisy:
        noisy.append("Treat the times as an indication; the instruction counts hold.")
    return found + noisy


def terminal(results: Results, judge: bool = True) -> str:
    """Everything, for the person at the terminal; without `judge` no goal is said to be met or missed."""
    notes = [f"  {peer.label}: {peer.note}" for peer in PEERS if peer.note]
    parts: list[str] = [
        setting(results),
        aligned(peer_rows(results)),
        aligned(connection_rows(results)),
        "\n".join(["Notes", *notes]),
        aligned(goal_rows(results)) if judge else "The goals are judged by a whole run: make bench.",
    ]
    return "\n\n".join(parts)
