"""The benchmark of imports and exports runs each step, and counts what each of its rows consumes."""

from __future__ import annotations

import pytest

from benchmarks.capacity import transfers


@pytest.mark.deep
def test_each_step_is_timed_and_its_calls_are_counted():
    found = transfers.run(load=0.0, parts=1)
    steps = found["steps"]
    assert list(steps) == list(transfers.STEPS)
    assert all(one["processor_ms"] > 0 and one["runs"] == 1 for one in steps.values())
    rows = found["rows"]["import"]
    assert steps["import_rows"]["calls"]["TransactWriteItems"] == rows + 1  # and one that counts the part
    assert steps["import_rows"]["expected_writes"] == 6 * rows + 4
    assert steps["export_users"]["outside"] == {"s3.PutObject": 1}
