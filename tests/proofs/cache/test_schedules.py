"""No order of readers, writers and lost answers lets the cache give an old user after a write was acknowledged."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.proofs.cache.world import World
from tests.proofs.cache.wrong import STALE
from tests.proofs.figures import figures
from tests.proofs.seeded import edited
from tests.proofs.system import System, installed
from tests.support.valkey import Valkey

QUICK, DEEP = range(100), range(100, 6100)
TRIES = 4000  # schedules in which a wrong version is caught at the latest


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    logging.disable(logging.WARNING)
    with Valkey() as server:
        yield server
    logging.disable(logging.NOTSET)


def explore(seeds: range, system: System, valkey: Valkey) -> World:
    """The first world with a stale read, else a world with the counts of all."""
    reads = hits = writes = 0
    for seed in seeds:
        world = World(system, valkey, seed).run()
        reads, hits, writes = reads + world.reads, hits + world.hits, writes + world.writes
        world.reads, world.hits, world.writes = reads, hits, writes
        if world.stale:
            break
    return world


@pytest.mark.parametrize("seeds", [QUICK, pytest.param(DEEP, marks=pytest.mark.deep)], ids=["quick", "deep"])
def test_no_read_is_stale(valkey, seeds):
    world = explore(seeds, System(), valkey)
    assert not world.stale, "\n".join(world.scheduler.trace)
    assert world.hits > len(seeds)  # or it says nothing
    assert world.writes > len(seeds)
    figures("reads with a cache", world.reads)


def test_a_cache_that_loses_replies_makes_no_request_fail(valkey):
    """Whatever raises ends the schedule. Reads may be stale then."""
    for seed in range(30):
        World(System(), valkey, seed, cache_faults=0.3).run()


@pytest.mark.slow
@pytest.mark.parametrize("fault", STALE)
def test_a_wrong_version_is_caught(valkey, fault):
    edit, seed = STALE[fault]
    with edited((edit,)) as source, installed(source) as system:
        assert explore(range(seed, seed + TRIES), system, valkey).stale
