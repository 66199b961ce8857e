"""When a delivery is tried again."""

from __future__ import annotations

from webhooks.schedule import WAITS, wait

DAY = 24 * 60 * 60


def test_the_retries_last_more_than_a_day():
    assert sum(wait(tries, lambda: 0.0) for tries in range(1, len(WAITS) + 1)) > DAY


def test_the_last_attempt_is_followed_by_none():
    assert wait(len(WAITS) + 1, lambda: 0.0) is None


def test_waits_differ_by_up_to_a_fifth():
    assert (wait(2, lambda: 0.0), wait(2, lambda: 0.5), wait(2, lambda: 1.0)) == (60, 66, 72)
