"""Tables of text."""

from __future__ import annotations

from benchmarks.ground.text_tables import aligned


def test_a_terminal_table_is_aligned():
    lines = aligned([["a", "b"], ["long name", "1.0"]]).splitlines()
    assert len(set(map(len, lines))) == 1
