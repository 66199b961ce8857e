"""Links: for one user, for one email, for a day."""

from __future__ import annotations

import pytest

from tests.unit.users.memory_store import memory_store
from users.cursors import VALID_SECONDS
from verification.links import LENGTH, Links, is_link

ID = "342e543e-7b43-4414-9d7c-6e9ab75860a8"
OTHER = "342e543e-7b43-4414-9d7c-6e9ab75860a9"
ANN = "ann@example.com"


@pytest.fixture
def store():
    return memory_store()


@pytest.fixture
def links(store):
    return Links(store.cursors())


def test_a_link_holds_for_its_user_and_email(links):
    assert links.holds(ID, ANN, links.token(ID, ANN))


@pytest.mark.parametrize(("user", "email"), [(OTHER, ANN), (ID, "bob@example.com"), (ID, "Ann@example.com"), (ID, "")])
def test_a_link_holds_for_nobody_else(links, user, email):
    assert not links.holds(user, email, links.token(ID, ANN))


def test_a_link_holds_for_a_day(store, links):
    token = links.token(ID, ANN)
    store.now += VALID_SECONDS - 1
    assert links.holds(ID, ANN, token)
    store.now += 1
    assert not links.holds(ID, ANN, token)


def test_a_link_does_not_contain_the_email(links):
    assert len(links.token(ID, "a" * 60 + "@example.com")) == LENGTH


def test_a_link_has_one_spelling(links):
    token = links.token(ID, ANN)
    assert is_link(ID, token)
    for other in (f'"{token}"', token[:-1], f"{token}A", token.replace(token[0], "/"), ""):
        assert not is_link(ID, other)
    assert not is_link(ID.upper(), token)
