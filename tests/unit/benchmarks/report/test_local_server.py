"""The table of the local server."""

from __future__ import annotations

from benchmarks.report import local_server

CLIENTS = ("1", "10", "50")
ONE = {"sent": 1000, "requests_per_second": 500.0, "p50_ms": 2.0, "p99_ms": 9.0, "not_2xx": 0, "failed": 0}
SLOW = {**ONE, "requests_per_second": 100.0}


def found(load: float = 0.1):
    one = {"ours": dict.fromkeys(CLIENTS, ONE), "gateway": dict.fromkeys(CLIENTS, SLOW)}
    return {
        "date": "2026-01-01",
        "seconds": 5,
        "machine": {"load_at_start": load, "cores": 2},
        "get": one,
        "post": one,
        "resident_mb": {"ours": {"get": 80.0, "post": 120.0}, "gateway": {"get": 300.0, "post": 400.0}},
    }


def test_each_line_says_how_many_times_as_fast():
    rows = local_server.rows(found())
    assert len(rows) == 1 + 2 * len(CLIENTS)
    assert all(row[-1] == "5.0" for row in rows[1:])


def test_answers_that_were_not_good_are_said():
    assert "3 bad" in local_server.cells({**ONE, "not_2xx": 2, "failed": 1})[0]


def test_a_server_that_answered_nothing_is_not_divided_by():
    assert local_server.times(1.0, 0.0) == "-"


def test_a_busy_machine_is_admitted():
    assert "treat the figures as an indication" in local_server.text(found(load=3.0))
    assert "treat the figures as an indication" not in local_server.text(found())


def test_memory_is_told_with_what_is_in_it():
    assert "80 MB and 300 MB after the GETs; 120 MB and 400 MB after the POSTs, 3,000 users more" in local_server.text(
        found()
    )


def test_every_kind_that_was_measured_has_a_row():
    more = {
        kind: {name: {"10": ONE} for name in ("ours", "gateway")} for kind in ("list", "mixed", "update", "get_open")
    }
    labels = [row[0] for row in local_server.rows({**found(), **more})]
    assert labels[4:] == [local_server.KINDS[kind] for kind in ("get_open", "list", "update", "mixed", *["post"] * 3)]


def test_the_start_is_told_where_it_was_measured():
    took = {"p25": 900.0, "p50": 950.0, "p75": 1010.0}
    said = local_server.text({**found(), "start_up_ms": took})
    assert "`make run` takes 950 (900-1010) ms from the command to its first response" in said
    assert "from the command" not in local_server.text(found())
