"""Deadlines."""

from __future__ import annotations

from utils.deadline import Deadline


def test_a_deadline_counts_down_past_its_end():
    now = [100.0]
    deadline = Deadline(3, clock=lambda: now[0])
    assert deadline.remaining() == 3
    now[0] = 102.5
    assert deadline.remaining() == 0.5
    now[0] = 104.0
    assert deadline.remaining() == -1


def test_the_clock_is_the_one_that_cannot_be_set():
    assert 0.9 < Deadline(1).remaining() <= 1
