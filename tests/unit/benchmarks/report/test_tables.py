"""The tables."""

from __future__ import annotations

from benchmarks.peers.table import PEERS
from benchmarks.report import tables as report
from tests.unit.benchmarks.results import results, times


def test_the_table_has_every_peer_with_both_operations():
    rows = report.peer_rows(results())
    for peer in PEERS:
        assert len([row for row in rows if row[0] == peer.label]) == (1 if peer.name == "empty" else 2)


def test_every_row_has_every_column():
    assert len({len(row) for row in report.peer_rows(results())}) == 1


def test_a_run_says_where_when_and_how_it_was_made_and_that_it_is_not_lambda():
    said = report.setting(results())
    for part in ("2026-01-01", "make bench", "A & B", "3.13.0", "not Lambda"):
        assert part in said


def test_a_busy_machine_another_python_and_a_single_core_are_admitted():
    found = results()
    found["machine"] |= {"load_at_start": 3.0, "python": "3.11.7", "own_core_for_the_function": False}
    cautions = " ".join(report.cautions(found))
    for part in ("busy", "No Python 3.13", "one core"):
        assert part in cautions
    assert report.cautions(results()) == []


def test_what_was_not_measured_is_a_dash():
    found = results()
    del found["subjects"]["ours.get"]["cold_instructions"]
    row = next(row for row in report.peer_rows(found) if row[0] == "this project")
    assert "-" in row


def test_a_time_missed_on_a_busy_machine_says_so():
    found = results()
    found["subjects"]["ours.get"]["cold_ms"] = times(60.0)
    found["machine"]["load_at_start"] = 3.0
    texts = [row[-1] for row in report.goal_rows(found)]
    assert "MISSED: the machine was busy (load 3.0)" in texts
