"""The benchmark of local searches asks servers that have the users in their index."""

from __future__ import annotations

import pytest

from benchmarks.local_server import searches
from benchmarks.local_server.searches import named


def test_a_table_of_the_stack_is_found_by_a_part_of_its_name():
    assert named(["Users", "users-api-UserSearchTable"], "UserSearch") == "users-api-UserSearchTable"


@pytest.mark.deep
def test_pages_and_changes_are_timed_with_few_and_with_many_users():
    found = searches.run(load=0.0, sizes=(500, 1000), rounds=1, changes=1)
    assert set(found["pages_ms"]) == set(searches.KINDS)
    assert all(set(of_kind) == {"500", "1000"} for of_kind in found["pages_ms"].values())
    assert all(figures["n"] == 1 and figures["p50"] > 0 for figures in found["found_ms"].values())
