"""A rate that rows are not faster than."""

from __future__ import annotations

from transfers.pace import paced


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


def test_rows_come_no_faster_than_the_rate():
    time = Time()
    seen = [(row, time.now - 100) for row in paced(range(5), 2, time.clock, time.sleep)]
    assert seen == [(0, 0), (1, 0.5), (2, 1), (3, 1.5), (4, 2)]


def test_slow_work_is_not_slowed_further():
    time = Time()
    for _ in paced(range(4), 2, time.clock, time.sleep):
        time.now += 3
    assert time.now == 112
