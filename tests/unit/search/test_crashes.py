"""The process of KeepSearch ends before or after any of its calls, with poison in the batch. The batch comes again."""

from __future__ import annotations

import itertools
import json
import uuid
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from consumers.keep_search import keep_search
from search.entries import head_key, said_of
from search.index import SearchIndex, entries_in, times_in
from search.words import SERVED
from tests.unit.search.conftest import Search
from users.events import SCHEMA_VERSIONS
from users.finding import or_none
from users.model import Changes
from users.reading import UserReader
from users.user import user_key
from utils.consumer import queue_consumer
from utils.preconditions import precondition

if TYPE_CHECKING:
    from users.reading import Call

NO_CONDITION = precondition({})
POISON = '{"no": "event"}'
EVENTS = 4  # about a user each: a new one, an older one, one with another name, one that is gone
CALLS = {"GetItem": 2, "TransactWriteItems": 1}  # of an event: the head, the user, and all writes at once
ALL_CALLS = range(sum(CALLS.values()) * EVENTS)


class Ended(BaseException):
    """The process is gone. Nothing of the code can catch that."""


class Failures:
    """The dead-letter queue."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def put(self, body: str, _reason: str) -> None:
        """Keep a message."""
        self.bodies.append(body)


class Context:
    """Of an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """Enough."""
        return 10_000


class Calls:
    """The calls of one process, which ends before or after the one with the number `at`."""

    def __init__(self, call: Call, at: int = -1, after: bool = False) -> None:
        self._call, self._at, self._after = call, at, after
        self.made: list[str] = []

    def __call__(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        number = len(self.made)
        if number == self._at and not self._after:
            raise Ended
        self.made.append(operation)
        answer = self._call(operation, request)
        if number == self._at:
            raise Ended
        return answer


def index_of(search: Search, call: Call) -> SearchIndex:
    """The index as the consumer has it: it reads users by the same calls."""
    return SearchIndex(
        call,
        search.table,
        or_none(UserReader(call, search.store.tables.users).get),
        clock=lambda: search.store.now,
        new_token=lambda: uuid.uuid4().hex,
        pause=lambda _attempt: None,
    )


def invoked(search: Search, call: Call, bodies: list[str]) -> tuple[list[str], list[str]]:
    """One batch: the ids to retry, and what went to the dead-letter queue. Raises Ended."""
    failures, index = Failures(), index_of(search, call)
    handler = queue_consumer(keep_search, SCHEMA_VERSIONS, failures=lambda _: failures, indexes=lambda _: [index])
    records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
    return [
        it["itemIdentifier"] for it in handler({"Records": records}, Context())["batchItemFailures"]
    ], failures.bodies


def event(type_: str, user_id: str) -> str:
    detail = {"id": str(uuid.uuid4()), "schemaVersion": 1, "time": "2026-11-29T15:59:00.000Z", "userId": user_id}
    return json.dumps({"detail-type": type_, "detail": detail})


def four_users(search: Search) -> tuple[list[str], list[str]]:
    """Users that the index does not have as they are, and a message about each."""
    new = search.create_late(name="Maria Schmidt")
    older, renamed, gone = (search.create(name=f"Zoe Old{number}", age=30) for number in range(3))
    change(search, older, age=31)
    change(search, renamed, name="Marie Schulz", email=f"{uuid.uuid4().hex[:12]}@example.org")
    search.store.users.delete(gone, NO_CONDITION)
    kinds = ("UserCreated", "UserUpdated", "UserUpdated", "UserDeleted")
    ids = [new, older, renamed, gone]
    return ids, [event(kind, user_id) for kind, user_id in zip(kinds, ids, strict=True)]


def change(search: Search, user_id: str, **members: Any) -> None:
    search.store.now += 1
    search.store.users.update(user_id, Changes(members), NO_CONDITION)


def assert_true_of(search: Search, ids: list[str], counted: int) -> None:
    """The index says of each user what the table of users says, and has nothing else of it."""
    items = {(it["shard"], it["place"]): it for it in search.items()}
    for user_id in ids:
        user = search.find(user_id)
        head = items[head_key(user_id)]
        assert {name: head.get(name) for name in said_of(user)} == said_of(user) if user else "userId" not in head
        expected = set(entries_in({**said_of(user), **times_in(head)}, SERVED)) if user else set()
        assert {key for key in items if key[1].endswith(f"\0{user_id}")} == expected
    assert search.finder.total()[0] == counted


def test_each_event_makes_the_calls_that_are_tried_here(search):
    _, bodies = four_users(search)
    calls = Calls(search.store.call)
    assert invoked(search, calls, bodies) == ([], [])
    assert Counter(calls.made) == Counter({name: times * EVENTS for name, times in CALLS.items()})


# The moment before a call is the one after the call before it, apart from the first and from what becomes of poison.
@pytest.mark.parametrize("after", [pytest.param(False, marks=pytest.mark.deep), True], ids=["before", "after"])
def test_the_process_may_end_around_each_call(search, after):
    counted = 0
    for at in ALL_CALLS:
        ids, bodies = four_users(search)
        place = at % (EVENTS + 1)
        batch = [*bodies[:place], POISON, *bodies[place:]]
        with pytest.raises(Ended):
            invoked(search, Calls(search.store.call, at, after), batch)
        assert invoked(search, search.store.call, batch) == ([], [POISON])
        counted += EVENTS - 1
        assert_true_of(search, ids, counted)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_the_process_may_end_again_and_again(search, after):
    """Each one gets a call further than the one before."""
    ids, bodies = four_users(search)
    for at in itertools.count():
        try:
            assert invoked(search, Calls(search.store.call, at, after), bodies) == ([], [])
        except Ended:
            continue
        break
    assert at > EVENTS
    assert_true_of(search, ids, EVENTS - 1)


@pytest.mark.parametrize("place", range(EVENTS - 1))
def test_a_user_that_never_rests_comes_again_alone(search, place):
    """The answer of the batch names the message, and the next delivery brings the index to the newest state."""
    ids, bodies = four_users(search)
    ages = itertools.cycle((50, 51))

    def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        if operation == "TransactWriteItems" and head_key(ids[place])[0] in repr(request):
            index_of(search, search.store.call).follow(ids[place])  # another writer is first
        elif request.get("Key") == user_key(ids[place]):
            change(search, ids[place], age=next(ages))
        return dict(search.store.call(operation, request))

    assert invoked(search, call, [*bodies[:place], POISON, *bodies[place:]]) == ([str(place + 1)], [POISON])
    assert invoked(search, search.store.call, bodies[place : place + 1]) == ([], [])
    assert_true_of(search, ids, EVENTS - 1)
