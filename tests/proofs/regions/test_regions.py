"""Thousands of failovers in an order drawn by chance: each email has one user, and no write is lost unseen."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.proofs.figures import figures
from tests.proofs.regions.schedules import KINDS, PLANNED, Outcome, Parts, Schedule
from tests.proofs.regions.wrong import WRONG, Hasty

QUICK, MORE, DEEP = range(2_000), range(2_000, 5_000), range(1_000_000, 1_100_000)
TRIES = 600  # schedules of one kind in which a wrong part must show
HASTE_SHOWS = 1_010_412  # the schedule of a user who is created and deleted before anything of it is replicated


def outcome(seed: int, kind: str = "", parts: Parts | None = None) -> Outcome:
    """What one schedule shows; its kind is drawn from its number."""
    return Schedule(seed, kind or KINDS[seed % len(KINDS)], parts or Parts()).run()


def prove(seeds: range) -> Counter[str]:
    """No violation in any schedule; the counts of all."""
    counts: Counter[str] = Counter()
    for seed in seeds:
        found = outcome(seed)
        assert not found.violations, (seed, found.violations)
        counts += found.counts
    figures("failovers", len(seeds), **{name.replace(" ", "_"): counts[name] for name in sorted(counts)})
    return counts


def test_each_email_has_one_user_after_every_failover():
    counts = prove(QUICK)
    assert min(counts[name] for name in ("acknowledged", "refused", "parked", "not replicated")) > 200


@pytest.mark.slow
def test_each_email_has_one_user_after_more_failovers():
    prove(MORE)


@pytest.mark.deep
def test_each_email_has_one_user_after_very_many_failovers():
    prove(DEEP)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_part_is_noticed(name):
    kind, parts = WRONG[name]
    assert any(outcome(seed, kind, parts).violations for seed in range(TRIES))


def test_a_failover_that_does_not_wait_for_versions_on_their_way_is_noticed():
    assert outcome(HASTE_SHOWS, PLANNED, Parts(failover=Hasty)).violations
    assert not outcome(HASTE_SHOWS, PLANNED).violations


def test_a_schedule_is_the_same_each_time():
    one, two = (outcome(7, "split", Parts(repair=None)) for _ in range(2))
    assert (one.violations, one.counts) == (two.violations, two.counts)
