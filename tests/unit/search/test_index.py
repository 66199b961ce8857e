"""The index becomes what the table of users is, whatever reaches it and how often."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import pytest

from search.entries import said_of, words_in
from tests.unit.search.conftest import Search
from users.model import Changes
from users.user import User
from utils.preconditions import precondition

NO_CONDITION = precondition({})
MARIA = {"name": "Maria Schmidt", "email": "maria.schmidt@example.com", "age": 30}
# Attributes that differ between two ways to the same state: when, and by how many writes.
OF_THE_WAY = {"placedAt", "namedAt", "revision", "countedAt", "expiresAt"}


class Dead(Exception):
    """The process of a writer ended."""


def change(search: Search, user_id: str, **members: Any) -> None:
    search.store.now += 1
    search.store.users.update(user_id, Changes(members), NO_CONDITION)


def state(search: Search) -> list[dict[str, Any]]:
    """The items without what tells the way to them."""
    items = [{name: value for name, value in item.items() if name not in OF_THE_WAY} for item in search.items()]
    return sorted(items, key=repr)


def written(search: Search, user_id: str) -> Counter[str]:
    """The actions that bring a user's items to its newest state, by kind."""
    kinds: Counter[str] = Counter()

    def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        for action in request.get("TransactItems", ()):
            kinds.update(list(action))
        return dict(search.store.call(operation, request))

    search.writer(call).follow(user_id)
    return kinds


def test_a_user_is_one_head_and_an_entry_for_each_word(search):
    search.create(**MARIA)
    kinds = Counter(item["shard"].split("#")[1] for item in search.items())
    assert kinds == {"user": 1, "n": 2, "e": 1, "count": 1}


def test_the_writes_of_each_change(search):
    """A transaction writes two units for each action. The head is in two orders, which are one unit each or two."""
    user_id = search.create_late(**MARIA)
    assert written(search, user_id) == {"Put": 4, "Update": 1}  # 10 units, and 2 of the orders
    change(search, user_id, age=31)
    assert written(search, user_id) == {"Put": 1}  # 2, and 2
    change(search, user_id, name="Maria Schulz")
    assert written(search, user_id) == {"Put": 5, "Delete": 3}  # 16, and 3: schmidt is a word of the email now
    search.store.users.delete(user_id, NO_CONDITION)
    assert written(search, user_id) == {"Put": 1, "Delete": 4, "Update": 1}  # 12, and 2


def test_a_message_that_comes_again_writes_nothing(search):
    user_id = search.create(**MARIA)
    before = search.items()
    assert not search.index.follow(user_id)
    assert search.items() == before


def test_every_order_of_messages_ends_in_the_same_state(search):
    """What is left after a rename and a change of email does not depend on when the index heard of them."""
    ends = set()
    for heard in itertools.product((0, 1, 2), (0, 1), (1, 2)):
        user_id = search.create_late(**MARIA)
        for step, times in zip(({"age": 31}, {"name": "Marie Schulz"}, {"email": "m@example.org"}), heard, strict=True):
            change(search, user_id, **step)
            for _ in range(times):
                search.index.follow(user_id)
        mine = [item for item in state(search) if user_id in repr(item)]
        ends.add(repr(sorted(item["place"].split("\0")[0] for item in mine)))
        search.store.users.delete(user_id, NO_CONDITION)
        search.index.follow(user_id)
    assert ends == {"['example.org', 'head', 'marie', 'schulz']"}


def test_a_writer_that_read_before_a_deletion_writes_nothing(search):
    """Even if the index had never heard of the user."""
    user_id = search.create_late(**MARIA)

    def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        if operation == "TransactWriteItems" and search.find(user_id):
            search.store.users.delete(user_id, NO_CONDITION)
            search.index.follow(user_id)
        return dict(search.store.call(operation, request))

    search.writer(call).follow(user_id)
    assert "schmidt" not in repr(search.items())
    assert search.finder.total()[0] == 0


@pytest.mark.parametrize("at", range(2))
def test_a_writer_that_is_overtaken_leaves_the_newest_state(search, at):
    """Before its first read, or before its write, the user changes and another writer follows."""
    user_id = search.create(**MARIA)
    change(search, user_id, name="Marie Schulz")
    calls = itertools.count()

    def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        if next(calls) == at:
            change(search, user_id, name="Zoe Newest")
            search.index.follow(user_id)
        return dict(search.store.call(operation, request))

    search.writer(call).follow(user_id)
    assert search.walk(q="newest") == [user_id]
    assert "schulz" not in repr(search.items())


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(2), ids=["head", "transaction"])
def test_a_writer_may_die_around_each_call(search, at, after):
    user_id = search.create(**MARIA)
    change(search, user_id, name="Marie Schulz", email="marie@example.org")
    calls = itertools.count()

    def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        here = next(calls) == at
        if here and not after:
            raise Dead
        answer = dict(search.store.call(operation, request))
        if here:
            raise Dead
        return answer

    with pytest.raises(Dead):
        search.writer(call).follow(user_id)
    search.index.follow(user_id)
    assert search.walk(q="marie schulz") == [user_id]
    assert search.walk(q="schmidt") == search.walk(q="maria") == []
    assert search.finder.total()[0] == 1


def test_nothing_of_a_deleted_user_is_left(search):
    user_id = search.create(**MARIA)
    search.store.users.delete(user_id, NO_CONDITION)
    search.index.follow(user_id)
    items = search.items()
    assert [set(item) for item in items if "count" not in item["shard"]] == [
        {"shard", "place", "revision", "expiresAt"}
    ]
    assert not any(text in repr(items) for text in ("maria", "schmidt", "example"))


def test_the_largest_change_fits_into_a_transaction():
    """DynamoDB takes 100 actions: the words before, the words after, the head and the counter."""
    names = ("李" + "".join(map(chr, range(0x4E00, 0x4E62))), "".join(map(chr, range(0x5E00, 0x5E63))))
    words = [
        words_in(said_of(user(name, f"{name[1:2]}.a1.b2.c3.d4.e5.f6.g7@x{at}.example.com")), {})
        for at, name in enumerate(names)
    ]
    assert len(words[0].keys() | words[1].keys()) + 2 <= 100
    assert len(words[0].keys() | words[1].keys()) > 80


def user(name: str, email: str) -> User:
    times = {"createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-01T00:00:00.000Z"}
    return User({"userId": "0" * 36, "name": name, "email": email, **times}, 1)


def test_a_key_is_never_longer_than_DynamoDB_takes():
    longest = user("ﷺ" * 100, f"{'a' * 64}@{'b' * 60}.example.com")
    for shard, place in words_in(said_of(longest), {}):
        assert len(place.encode()) <= 1024
        assert len(shard.encode()) <= 2048
