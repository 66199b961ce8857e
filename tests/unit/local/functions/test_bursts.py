"""Which invocations of a burst a person sees."""

from __future__ import annotations

import pytest

from local.functions.bursts import MOST, SECONDS, Bursts


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def waiting():
    """What is to be done later."""
    return []


@pytest.fixture
def told():
    return []


@pytest.fixture
def bursts(now, waiting, told):
    return Bursts(set(), lambda _, act: waiting.append(act), lambda *line: told.append(line), clock=lambda: now[0])


def invoke(bursts, number, function="f", failed=False):
    """Invoke so often; how many are shown."""
    shown = 0
    for count in range(number):
        bursts.begin(function, f"{function}-{count}")
        shown += bursts.end(function, f"{function}-{count}", failed=failed)
    return shown


def test_a_few_invocations_are_all_shown(bursts, waiting):
    assert (invoke(bursts, MOST), waiting) == (MOST, [])


def test_of_a_burst_some_are_shown_and_the_others_counted_in_one_line(bursts, waiting, told):
    assert invoke(bursts, 1000) == MOST
    [act] = waiting
    act()
    assert told == [("f", 1000 - MOST)]


def test_a_failure_is_always_shown(bursts):
    assert invoke(bursts, 1000, failed=True) == 1000


def test_the_next_second_and_another_function_are_counted_from_the_start(bursts, now):
    invoke(bursts, 1000)
    assert invoke(bursts, 1000, "g") == MOST
    now[0] += SECONDS
    assert invoke(bursts, 1000) == MOST


def test_nothing_is_kept_of_an_invocation_that_has_ended(bursts, waiting):
    invoke(bursts, 1000)
    waiting[0]()
    assert (bursts.quiet, dict(bursts.left_out)) == (set(), {})
