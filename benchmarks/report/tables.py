"""The results as tables: on the terminal, and in the documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.ground.quiet import BUSY
from benchmarks.ground.text_tables import aligned
from benchmarks.peers.table import PEERS, Peer
from benchmarks.report.goals import Verdict, cold, judged

Results = Mapping[str, Any]

WHAT_IT_IS = (
    "A local harness with AWS's real runtime client, not Lambda: absolute times are this machine's, "
    "the order and the ratios are what carries over."
)


def number(value: float | None, digits: int = 1, scale: float = 1.0) -> str:
    """A figure, or a dash where none was taken."""
    return "-" if value is None else f"{value / scale:,.{digits}f}"


def spread(found: Mapping[str, float] | None) -> str:
    """The median with the middle half."""
    return "-" if not found else f"{found['p50']:.1f} ({found['p25']:.1f}-{found['p75']:.1f})"


def peer_rows(results: Results) -> list[list[str]]:
    """The table of the peers: header first."""
    header = [
        "peer",
        "op",
        "cold ms (middle half)",
        "/ empty",
        "init",
        "first",
        "processor ms",
        "dead byte code",
        "warm p50 ms",
        "p99",
        "RSS MB",
        "modules",
        "cold instr M",
        "warm instr M",
        "log B",
        "unzipped MB",
    ]
    rows = [header]
    floor = cold(results, "empty.get")
    for peer in PEERS:
        for operation in peer.handlers:
            key = f"{peer.name}.{operation}"
            if key in results["subjects"]:
                rows.append(peer_row(results, peer, operation, floor))
    return rows


def peer_row(results: Results, peer: Peer, operation: str, floor: float) -> list[str]:
    """One line of it."""
    found = results["subjects"][f"{peer.name}.{operation}"]
    dead = results["subjects"].get(f"{peer.name}.{operation}.dead", {}).get("cold_ms", {})
    warm = found.get("warm_ms", {})
    return [
        peer.label,
        "-" if peer.name == "empty" else operation,
        spread(found["cold_ms"]),
        number(cold(results, f"{peer.name}.{operation}") / floor, 2),
        number(found["init_ms"]["p50"]),
        number(found["first_ms"]["p50"]),
        number(found["cold_processor_ms"]["p50"]),
        number(dead.get("p50")),
        number(warm.get("p50"), 3),
        number(warm.get("p99"), 3),
        number(found["resident_bytes"]["p50"], 1, 1e6),
        number(found.get("modules"), 0),
        number(found.get("cold_instructions"), 0, 1e6),
        number(found.get("warm_instructions"), 2, 1e6),
        number(found.get("log_bytes"), 0),
        number(results["packages"][peer.name]["unzipped_bytes"], 2, 1e6),
    ]


def goal_rows(results: Results) -> list[list[str]]:
    """The table of the goals."""
    rows = [["goal", "bound", "measured", "verdict"]]
    for verdict in judged(results):
        goal = verdict.goal
        bound = f"{'at least' if goal.at_least else 'at most'} {goal.bound:g}{goal.unit}"
        measured = "-" if verdict.value is None else f"{verdict.value:.2f}{goal.unit}"
        rows.append([goal.name, bound, measured, verdict_text(verdict, results)])
    return rows


def verdict_text(verdict: Verdict, results: Results) -> str:
    """The verdict; a time that missed on a busy machine says so."""
    load = results["machine"]["load_at_start"]
    return f"MISSED: the machine was busy (load {load})" if verdict.text == "MISSED" and load > BUSY else verdict.text


def setting(results: Results) -> str:
    """Where and how the figures were taken, in a few sentences."""
    machine = results["machine"]
    sentences = [
        f"Taken {results['date']} by `{results['command']}` on {machine['processor']}, {machine['cores']} cores, "
        f"{machine['system']} {machine['kernel']}, CPython {machine['python']}; "
        f"{results['rounds']} starts of each, {results['warm_calls']} warm calls after each start, all interleaved.",
        f"A raw round trip to the DynamoDB stub over TLS took {results['raw_round_trip_ms']:.3f} ms.",
        WHAT_IT_IS,
    ]
    sentences += cautions(results)
    return " ".join(sentences)


def cautions(results: Results) -> list[str]:
    """What makes the run weaker than it should be."""
    machine = results["machine"]
    found = []
    if not machine["python"].startswith(machine["wanted_python"] + "."):
        found.append(f"No Python {machine['wanted_python']} was found, so this is not the version that is deployed.")
    if not machine["own_core_for_the_function"]:
        found.append("There was one core only: function, driver and stub shared it.")
    if machine["load_at_start"] > BUSY:
        found.append(
            f"The machine was busy (load {machine['load_at_start']}): times are only indicative, "
            "the instruction counts hold."
        )
    return found


def terminal(results: Results) -> str:
    """Everything, for the person at the terminal."""
    notes = [f"  {peer.label}: {peer.note}" for peer in PEERS if peer.note]
    parts: list[str] = [
        setting(results),
        aligned(peer_rows(results)),
        "\n".join(["Notes", *notes]),
        aligned(goal_rows(results)),
    ]
    return "\n\n".join(parts)
