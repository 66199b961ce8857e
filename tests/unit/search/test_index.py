"""The index becomes what the table of users is, whatever reaches it and how often."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import pytest

from dynamodb.errors import TransactionCanceled
from search.entries import said_of, words_in
from search.history import KEPT_SECONDS, SETTLE_SECONDS
from search.index import MOST_ACTIONS, WRITE_SECONDS
from tests.unit.search.conftest import Search
from users.cursors import VALID_SECONDS
from users.model import Changes
from users.user import User
from utils.preconditions import precondition
from utils.timestamps import rfc3339

NO_CONDITION = precondition({})
MARIA = {"name": "Maria Schmidt", "email": "maria.schmidt@example.com", "age": 30}
# Attributes that differ between two ways to the same state: when, and by how many writes.
OF_THE_WAY = {"placedAt", "earlier", "revision", "countedAt", "expiresAt"}


class Dead(Exception):
    """The process of a writer ended."""


def change(search: Search, user_id: str, **members: Any) -> None:
    search.store.now += 1
    search.store.users.update(user_id, Changes(members), NO_CONDITION)


def state(search: Search) -> list[dict[str, Any]]:
    """The items without what tells the way to them, and without those that earlier versions left behind."""
    items = [item for item in search.items() if "movedAt" not in item]
    return sorted(({name: item[name] for name in item if name not in OF_THE_WAY} for item in items), key=repr)


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
    search.store.users.delete(user_id, NO_CONDITION)
    assert written(search, user_id) == {"Put": 1, "Delete": 3, "Update": 1}  # 10, and 2


def test_the_writes_of_a_move(search):
    """The old entries stay for a day, and one in the order of names with them. They are deleted with the user."""
    user_id = search.create(**MARIA)
    change(search, user_id, name="Maria Schulz")
    assert written(search, user_id) == {"Put": 9}  # 18, and 4 of the orders: schmidt is a word of the email now
    change(search, user_id, email="maria.schmidt@example.org")
    assert written(search, user_id) == {"Put": 6}  # 12, and 2: all entries have the domain, and the old one stays
    change(search, user_id, age=31)
    assert written(search, user_id) == {"Put": 1}
    search.store.users.delete(user_id, NO_CONDITION)
    assert written(search, user_id) == {"Put": 1, "Delete": 9, "Update": 1}


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
    assert "schulz" not in search.words()


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


def test_nothing_of_a_renamed_user_is_left_once_it_is_deleted(search):
    """The entries of earlier names go with the others."""
    user_id = search.create(**MARIA)
    for name in ("Marta Schulz", "Maria Schmidt", "Zoe Adams", "Ann Zorn", "Maria Schmidt"):
        change(search, user_id, name=name)
        search.index.follow(user_id)
    assert any("movedAt" in item for item in search.items())
    search.store.users.delete(user_id, NO_CONDITION)
    search.index.follow(user_id)
    items = [item for item in search.items() if "count" not in item["shard"]]
    assert [set(item) for item in items] == [{"shard", "place", "revision", "expiresAt"}]


def test_what_is_left_behind_expires_after_the_last_cursor(search):
    user_id = search.create(**MARIA)
    change(search, user_id, name="Zoe Adams")
    search.index.follow(user_id)
    left = [item for item in search.items() if "movedAt" in item]
    last_cursor = search.store.now + SETTLE_SECONDS + VALID_SECONDS
    assert {item["place"].split("\0")[0] for item in left} == {"", "maria", "schmidt", "example.com"}
    assert {last_cursor < item["expiresAt"] < last_cursor + 2 * 60 * 60 for item in left} == {True}


def test_versions_without_a_cursor_are_forgotten_with_the_next_move(search):
    user_id = search.create(**MARIA)
    change(search, user_id, name="Zoe Adams")
    search.index.follow(user_id)
    search.store.now += KEPT_SECONDS + 2 * SETTLE_SECONDS
    change(search, user_id, name="Ann Zorn")
    search.index.follow(user_id)
    left = {item["place"].rsplit("\0", 1)[0] for item in search.items() if "movedAt" in item}
    assert {place.split("\0")[1] for place in left} == {"zoe adams"}


def test_a_write_that_waits_for_others_takes_a_new_time(search):
    """Else a walk could begin after the time of the move, and before its items are there."""
    user_id = search.create(**MARIA)
    change(search, user_id, name="Zoe Adams")
    conflicts = [1, 1]

    def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        if operation == "TransactWriteItems" and conflicts:
            conflicts.pop()
            search.store.now += WRITE_SECONDS + 1
            error = TransactionCanceled("TransactionCanceledException")
            error.reasons = [{"Code": "TransactionConflict"} for _ in request["TransactItems"]]
            raise error
        return dict(search.store.call(operation, request))

    search.writer(call).follow(user_id)
    [head] = [item for item in search.items() if item["place"] == "head"]
    assert head["placedAt"] == rfc3339(search.store.now + SETTLE_SECONDS)


def test_a_user_with_very_many_words_moves_and_goes_in_several_transactions(search):
    """Each takes 100 actions at most. What does not fit is forgotten, the shortest version first."""
    user_id = search.create(name=long_name(0x4E00), email="a1.b2.c3.d4.e5.f6.g7@example.com")
    sizes: list[int] = []
    put: list[str] = []

    def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        actions = request.get("TransactItems", ())
        sizes.append(len(actions))
        put[:] = [*put, *(action["Put"]["Item"]["place"]["S"] for action in actions if "Put" in action)]
        return dict(search.store.call(operation, request))

    for start in (0x5000, 0x5200, 0x5400, 0x5600, 0x5800):
        change(search, user_id, name=long_name(start))
        search.writer(call).follow(user_id)
        search.store.now += 2 * SETTLE_SECONDS
        assert search.walk(q=long_name(start)[:5]) == [user_id]
    assert len({item["movedAt"] for item in search.items() if "movedAt" in item}) > 1
    search.store.users.delete(user_id, NO_CONDITION)
    put.clear()
    search.writer(call).follow(user_id)
    assert len([item for item in search.items() if "count" not in item["shard"]]) == 1
    assert set(put) == {"head"}, "an erasure may put nothing else"
    assert max(sizes) <= MOST_ACTIONS
    assert sum(size > 0 for size in sizes) > 6


def long_name(start: int) -> str:
    return "".join(map(chr, range(start, start + 99)))


def test_the_items_of_a_user_that_never_moved_have_no_history(search):
    search.create(**MARIA)
    entry = {"shard", "place", "nameWords", "emailWords", "domain", "createdAt", "placedAt"}
    assert all(set(item) == entry for item in search.items() if "\0" in item["place"])


def test_the_largest_change_fits_into_a_transaction():
    """It takes the words before, the words after, the head, and the place in the order of names."""
    names = ("李" + "".join(map(chr, range(0x4E00, 0x4E62))), "".join(map(chr, range(0x5E00, 0x5E63))))
    words = [
        words_in(said_of(user(name, f"{name[1:2]}.a1.b2.c3.d4.e5.f6.g7@x{at}.example.com")), {})
        for at, name in enumerate(names)
    ]
    assert len(words[0].keys() | words[1].keys()) + 2 <= MOST_ACTIONS
    assert len(words[0].keys() | words[1].keys()) > 80


def user(name: str, email: str) -> User:
    times = {"createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-01T00:00:00.000Z"}
    return User({"userId": "0" * 36, "name": name, "email": email, **times}, 1)


def test_a_key_is_never_longer_than_DynamoDB_takes():
    longest = user("ﷺ" * 100, f"{'a' * 64}@{'b' * 60}.example.com")
    for shard, place in words_in(said_of(longest), {}):
        assert len(place.encode()) <= 1024
        assert len(shard.encode()) <= 2048
