"""The tables."""

from __future__ import annotations

from benchmarks.peers.table import PEERS
from benchmarks.report import relative
from benchmarks.report import tables as report
from tests.unit.benchmarks.results import results, times


def test_the_table_has_every_peer_with_both_operations():
    rows = report.peer_rows(results())
    for peer in PEERS:
        own = [row for row in rows if row[0] == relative.labelled(results(), peer)]
        assert [row[1] for row in own] == ["-"] if peer.name == "empty" else [*peer.handlers][: len(own)]
        assert len(own) == len({"get", "create"} & set(peer.handlers))


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
    found["subjects"]["ours.get"]["cold_over_empty"] = times(2.0)
    found["machine"]["load_at_start"] = 3.0
    texts = [row[-1] for row in report.goal_rows(found)]
    assert "MISSED: the machine was busy (load 3.0)" in texts


def test_every_operation_of_ours_that_was_measured_has_a_row():
    found = results()
    for operation in ("list", "update", "delete"):
        found["subjects"][f"ours.{operation}"] = found["subjects"]["ours.get"]
    rows = [row[1] for row in report.peer_rows(found) if row[0] == "this project"]
    assert rows == ["get", "create", "list", "update", "delete"]


def test_peers_and_goals_are_named_with_their_versions():
    cells = [cell for row in [*report.peer_rows(results()), *report.goal_rows(results())] for cell in row]
    assert "boto3.resource, the tutorial (boto3 1.44.5)" in cells
    assert "warm instructions over empty: tutorial / ours (boto3 1.44.5)" in cells
    assert "awslambdaric 4.0" in report.setting(results())


def test_new_connections_are_compared_with_open_ones():
    found = results()
    found["subjects"]["ours.get.new_connection"] = {
        **found["subjects"]["ours.get"],
        "warm_ms": times(0.9),
        "warm_median_ms": times(0.9),
    }
    assert report.connection_rows(results())[1:] == []
    assert report.connection_rows(found)[1] == ["this project", "0.300 (0.300-0.300)", "0.900 (0.900-0.900)", "3.00"]


def test_a_run_that_is_only_looked_at_judges_nothing():
    assert "missed" not in report.terminal(results(), judge=False).lower()
    assert " met" in report.terminal(results())
