"""Writes what is generated: the cost page, the tables of the performance page, the block of the README, the charts."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from benchmarks.ground import results
from benchmarks.ground.interpreter import ROOT, BenchmarkError
from benchmarks.ground.text_tables import markdown
from benchmarks.peers.table import PEERS
from benchmarks.report import charts, cost, growth, local_server
from benchmarks.report import tables as report
from benchmarks.report.front import front
from tools.marks import all_replaced, replaced

COST = ROOT / "docs" / "reference" / "cost.md"
PERFORMANCE = ROOT / "docs" / "reference" / "performance.md"
COST_TEXT = ROOT / "benchmarks" / "report" / "cost_page.txt"
README = ROOT / "README.md"
IMAGES = ROOT / "docs" / "images"

EACH_TIMED = "It was measured for each of the five functions."
TWO_TIMED = (
    "It was measured for get and create; a list uses the time of get, and the other writes use the time of create."
)


def write() -> None:
    """Everything, from the last results."""
    peers, grown = results.load("peers"), results.load("growth")
    if not peers or not grown:
        raise BenchmarkError("there are no results yet: run 'make bench' and 'python -m benchmarks growth' first")
    COST.write_text(cost_page(peers, grown))
    if PERFORMANCE.is_file():
        PERFORMANCE.write_text(all_replaced(PERFORMANCE.read_text(), blocks(peers, results.load("local"))))
    README.write_text(replaced(README.read_text(), "measured", front(peers, results.load("local"))))
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name, picture in charts.all_of(peers).items():
        (IMAGES / f"{name}.svg").write_text(picture)


def blocks(peers: dict[str, Any], local: dict[str, Any]) -> dict[str, str]:
    """The generated parts of performance.md, by name."""
    whole = {**peers, "local": local}
    parts = {
        "charts": "\n\n".join(f"![{charts.TITLES[name]}](../images/{name}.svg)" for name in charts.all_of(peers)),
        "setting": report.setting(peers),
        "peers": markdown(report.peer_rows(peers)),
        "connections": connections(peers),
        "goals": markdown(report.goal_rows(whole)),
        "notes": "\n".join(f"- {peer.label}: {peer.note}." for peer in PEERS if peer.note),
    }
    sizes = results.load("sizes")
    parts["sizes"] = local_server.size_text(sizes) if sizes else "Not measured yet: `make bench ARGS=sizes`."
    parts["local"] = local_server.text(local) if local else "Not measured yet: `make bench ARGS=local`."
    return parts


def connections(peers: dict[str, Any]) -> str:
    """The table of open and new connections, once a run has measured it."""
    rows = report.connection_rows(peers)
    return markdown(rows) if len(rows) > 1 else "Not measured yet: `make bench`."


def cost_page(peers: dict[str, Any], grown: dict[str, Any]) -> str:
    """docs/reference/cost.md, whole."""
    book = cost.prices()
    assumed = book["assumptions"]
    return COST_TEXT.read_text().format(
        peers_date=peers["date"],
        growth_date=grown["date"],
        region=book["region"],
        dated=book["dated"],
        operations=markdown(operation_rows(book, peers, grown)),
        reads=assumed["reads_in_mix"],
        written=markdown(peer_rows(book, peers, grown)),
        growth=markdown(growth.rows(grown)),
        differences=differences(grown),
        prices=markdown(price_rows(book)),
        memory=assumed["memory_mb"],
        share=assumed["memory_mb"] / assumed["full_core_mb"],
        stretch=assumed["full_core_mb"] / assumed["memory_mb"],
        read_ms=assumed["dynamodb_read_ms"],
        write_ms=assumed["dynamodb_write_ms"],
        transaction_ms=assumed["dynamodb_transaction_ms"],
        cold=assumed["cold_share"],
        traced=assumed["trace_share"],
        timed=EACH_TIMED if timed_as(peers, "list") == "ours.list" else TWO_TIMED,
    )


def operation_rows(book: dict[str, Any], peers: dict[str, Any], grown: dict[str, Any]) -> list[list[str]]:
    """Each operation of ours, part by part, with the sum."""
    rows = [["operation", *(field.name for field in fields(cost.Cost)), "sum"]]
    units = cost.first_size(grown)
    for name, unit in units.items():
        subject = peers["subjects"][timed_as(peers, name)]
        rows.append(priced(name, cost.cost(book, unit, subject, platform_logs=False)))
    mixed = cost.of_peer(book, peers, grown, "ours")
    rows.append(priced(f"{book['assumptions']['reads_in_mix']:.0%} get, the rest create", mixed))
    return rows


def timed_as(peers: dict[str, Any], operation: str) -> str:
    """The subject whose CPU time an operation has: its own, or that of one like it in runs that timed only two."""
    own = f"ours.{operation.split()[0].rstrip(',')}"
    alike = "ours.get" if operation.startswith(("get", "list")) else "ours.create"
    return own if own in peers["subjects"] else alike


def peer_rows(book: dict[str, Any], peers: dict[str, Any], grown: dict[str, Any]) -> list[list[str]]:
    """The mix, for every peer that has both operations."""
    rows = [["written as", *(field.name for field in fields(cost.Cost)), "sum"]]
    names = [peer for peer in PEERS if f"{peer.name}.create" in peers["subjects"]]
    return rows + [priced(peer.label, cost.of_peer(book, peers, grown, peer.name)) for peer in names]


def priced(name: str, one: cost.Cost) -> list[str]:
    """One line of dollars."""
    return [name, *(f"{getattr(one, field.name):.3f}" for field in fields(cost.Cost)), f"{one.total:.2f}"]


def price_rows(book: dict[str, Any]) -> list[list[str]]:
    """The prices with where and when they were seen."""
    rows = [["what", "price", "AWS's page", "seen on", "dated"]]
    for price in book["prices"].values():
        amount = f"${price['per_million']:.3f} per million" if "per_million" in price else f"${price['each']:.10g}"
        rows.append([price["what"], amount, price["source"], price["seen_on"], price["seen"]])
    return rows


def differences(grown: dict[str, Any]) -> str:
    """Where the emulator reports other units than the rules give."""
    units = cost.first_size(grown)
    others = [
        name
        for name, one in units.items()
        if (one["reads"], one["writes"]) != (one["expected_reads"], one["expected_writes"])
    ]
    return f", except for the list ({'; '.join(others)}), where it reports one unit" if others else ""
