"""Writes what is generated: the cost page, the tables of the performance page, the block of the README, the charts."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from benchmarks.ground import results
from benchmarks.ground.interpreter import ROOT, BenchmarkError
from benchmarks.ground.quiet import busy
from benchmarks.ground.text_tables import markdown
from benchmarks.peers.table import PEERS
from benchmarks.report import (
    bulk_cost,
    change_cost,
    charts,
    console,
    cost,
    events,
    growth,
    idle_cost,
    live,
    local_searches,
    local_server,
    option_cost,
    searches,
    sign_in_cost,
)
from benchmarks.report import tables as report
from benchmarks.report.front import front
from tools.marks import all_replaced, replaced

COST = ROOT / "docs" / "reference" / "cost.md"
PERFORMANCE = ROOT / "docs" / "reference" / "performance.md"
COST_TEXT = ROOT / "benchmarks" / "report" / "cost_page.txt"
README = ROOT / "README.md"
IMAGES = ROOT / "docs" / "images"

# What functions wait for, as the page names it.
WAITS = {
    "dynamodb_read_ms": "a read of DynamoDB",
    "dynamodb_write_ms": "a write",
    "dynamodb_transaction_ms": "a transaction",
    "bus_ms": "the event bus",
    "sign_ms": "a signature",
    "mail_ms": "an email",
    "queue_ms": "a message to a queue",
    "object_ms": "an object in S3",
    "socket_ms": "a message to a connection",
    "receiver_ms": "a receiver of webhooks",
}
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
    bodies = results.load("bodies")
    parts["bodies"] = local_server.body_text(bodies) if bodies else "Not measured yet: `make bench ARGS=bodies`."
    followed = results.load("events")
    parts["events"] = events.text(followed) if followed else "Not measured yet: `make bench ARGS=events`."
    told = results.load("live")
    parts["live"] = live.text(told) if told else "Not measured yet: `make bench ARGS=live`."
    searched = results.load("local_searches")
    parts["searches"] = local_searches.text(searched) if searched else "Not measured yet: `make bench ARGS=searches`."
    looked = results.load("console")
    parts["console"] = console.text(looked) if looked else "Not measured yet: `make bench ARGS=console`."
    parts["local"] = local_server.text(local) if local else "Not measured yet: `make bench ARGS=local`."
    return parts


def connections(peers: dict[str, Any]) -> str:
    """The table of open and new connections, once a run has measured it."""
    rows = report.connection_rows(peers)
    return markdown(rows) if len(rows) > 1 else "Not measured yet: `make bench`."


def cost_page(peers: dict[str, Any], grown: dict[str, Any]) -> str:
    """docs/reference/cost.md, whole."""
    book = cost.prices()
    assumed, followed = book["assumptions"], results.load("consumers")
    parts = {**of_bulk(book, results.load("transfers")), **of_sign_in(book), **of_searches(results.load("searches"))}
    return COST_TEXT.read_text().format(
        peers_date=peers["date"],
        growth_date=grown["date"],
        region=book["region"],
        dated=book["dated"],
        operations=markdown(operation_rows(book, peers, grown)),
        reads=assumed["reads_in_mix"],
        written=markdown(peer_rows(book, peers, grown)),
        events_date=followed["date"],
        events_busy=on_a_busy_machine(followed["machine"]),
        changes=markdown(change_cost.rows(book, followed["cases"])),
        idle=markdown(idle_cost.rows(book)),
        options=markdown(option_cost.rows(book, peers, grown)),
        kept=option_cost.backups(),
        found=assumed["found_in_cache"],
        poll=assumed["polls_a_month"] / 1e6 * book["prices"]["queue_request"]["per_million"],
        polls=assumed["polls_a_month"],
        connected=assumed["minutes_a_month"] / 1e6 * book["prices"]["connection_minute"]["per_million"],
        growth=markdown(growth.rows(grown)),
        differences=differences(grown),
        prices=markdown(price_rows(book)),
        memory=assumed["memory_mb"],
        share=assumed["memory_mb"] / assumed["full_core_mb"],
        stretch=assumed["full_core_mb"] / assumed["memory_mb"],
        waits=markdown([["for", "ms"], *([what, f"{assumed[name]:g}"] for name, what in WAITS.items())]),
        cold=assumed["cold_share"],
        traced=assumed["trace_share"],
        timed=EACH_TIMED if timed_as(peers, "list") == "ours.list" else TWO_TIMED,
        **parts,
    )


def on_a_busy_machine(machine: dict[str, Any]) -> str:
    """What follows the date of figures that depend on the machine; empty if it was quiet."""
    return f" on a busy machine (load {machine['load_at_start']})" if busy(machine) else ""


def of_bulk(book: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """What the cost page says of imports and exports."""
    most, functions = bulk_cost.rate()
    return {
        "bulk": markdown(bulk_cost.rows(book, found)),
        "bulk_date": found["date"],
        "import_rows": found["rows"]["import"],
        "export_rows": found["rows"]["export"],
        "import_rate": most,
        "import_functions": functions,
        "part_rows": found["part_rows"],
        "transitions": bulk_cost.TRANSITIONS_OF_A_PART,
    }


def of_searches(found: dict[str, Any]) -> dict[str, Any]:
    """What the cost page says of the search."""
    return {
        "searches": markdown(searches.rows(found)),
        "searches_date": found["date"],
        "index_writes": markdown(searches.write_rows(found)),
    }


def of_sign_in(book: dict[str, Any]) -> dict[str, Any]:
    """What the cost page says of Cognito."""
    price, assumed = book["prices"], book["assumptions"]
    return {
        "sign_in": markdown(sign_in_cost.rows(book)),
        "sign_in_date": book["sign_in_dated"],
        "free": assumed["free_people"],
        "client": price["program_client"]["each"],
        "thousand": price["program_token"]["each"] * 1000,
        "token_minutes": assumed["token_minutes"],
        "tokens": sign_in_cost.tokens(book),
        "program": sign_in_cost.of_a_program(book),
    }


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
        million = price.get("per_million", 0)
        amount = (
            f"${million:.{3 if million >= 0.01 else 4}f} per million"
            if "per_million" in price
            else f"${price['each']:.10g}"
        )
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
