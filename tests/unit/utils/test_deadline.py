"""The moment by which a request must be answered."""

from utils.deadline import Deadline


def test_it_counts_down_by_the_clock_it_was_given():
    now = [100.0]
    deadline = Deadline(3, clock=lambda: now[0])
    assert deadline.remaining() == 3
    now[0] += 1.5
    assert deadline.remaining() == 1.5


def test_it_goes_below_zero():
    now = [100.0]
    deadline = Deadline(3, clock=lambda: now[0])
    now[0] += 10
    assert deadline.remaining() == -7
