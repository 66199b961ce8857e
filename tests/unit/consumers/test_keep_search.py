"""The consumer that keeps the index: a batch with a message that cannot be handled, at each position."""

from __future__ import annotations

import json
from typing import Any

import pytest

from consumers.keep_search import keep_search
from search.index import NotFollowed
from users.events import SCHEMA_VERSIONS
from utils.consumer import Event, queue_consumer

SIZE = 4


class Index:
    """An index that fails for some users."""

    def __init__(self, failing: tuple[str, ...] = ()) -> None:
        self.failing = failing
        self.followed: list[str] = []

    def follow(self, user_id: str) -> None:
        if user_id in self.failing:
            raise NotFollowed
        self.followed.append(user_id)


class Failures:
    def __init__(self) -> None:
        self.bodies: list[str] = []

    def put(self, body: str, _reason: str) -> None:
        self.bodies.append(body)


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 10_000


def message(number: int, **changed: Any) -> dict[str, Any]:
    detail = {"id": f"e{number}", "schemaVersion": 1, "time": "2026-11-29T15:59:00.000Z", "userId": f"u{number}"}
    envelope = {"detail-type": "UserUpdated", "detail": {**detail, **changed}}
    return {"messageId": f"m{number}", "body": json.dumps(envelope)}


def handled(index: Index, failures: Failures, messages: list[dict[str, Any]]) -> list[str]:
    consumer = queue_consumer(keep_search, SCHEMA_VERSIONS, failures=lambda _: failures, indexes=lambda _: [index])
    answer = consumer({"Records": messages}, Context())
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def test_an_event_says_which_user_to_look_up():
    index = Index()
    keep_search(Event("UserDeleted", {"id": "1", "schemaVersion": 1, "time": "t", "userId": "u"}), [index])
    assert index.followed == ["u"]


def test_an_event_is_followed_in_each_index_that_is_kept():
    """And in the first one, which searches read, even if another one fails."""
    served, new = Index(), Index(("u",))
    with pytest.raises(NotFollowed):
        keep_search(Event("UserDeleted", {"id": "1", "schemaVersion": 1, "time": "t", "userId": "u"}), [served, new])
    assert served.followed == ["u"]


@pytest.mark.parametrize("at", range(SIZE))
def test_a_message_that_cannot_be_read_leaves_the_batch_alone(at):
    messages = [message(number) for number in range(SIZE)]
    messages[at]["body"] = '{"no": "event"}'
    index, failures = Index(), Failures()
    assert handled(index, failures, messages) == []
    assert index.followed == [f"u{number}" for number in range(SIZE) if number != at]
    assert failures.bodies == ['{"no": "event"}']


@pytest.mark.parametrize("at", range(SIZE))
def test_a_message_that_fails_comes_again_alone(at):
    index, failures = Index((f"u{at}",)), Failures()
    assert handled(index, failures, [message(number) for number in range(SIZE)]) == [f"m{at}"]
    assert index.followed == [f"u{number}" for number in range(SIZE) if number != at]
    assert failures.bodies == []


def test_an_event_of_a_newer_schema_is_set_aside():
    index, failures = Index(), Failures()
    assert handled(index, failures, [message(1, schemaVersion=2)]) == []
    assert index.followed == []
    assert len(failures.bodies) == 1
