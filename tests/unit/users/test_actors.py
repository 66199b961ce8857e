"""Callers as events name them."""

from __future__ import annotations

import pytest

from users.actors import actor_of


@pytest.mark.parametrize(
    ("caller", "actor"),
    [
        ("key:abc", {"type": "key", "id": "abc"}),
        ("sub:1:2", {"type": "person", "id": "1:2"}),
        ("client:abc", {"type": "machine", "id": "abc"}),
        ("anonymous", {"type": "anonymous"}),
    ],
)
def test_callers_are_named_by_their_kind(caller, actor):
    assert actor_of(caller) == actor
