"""GET /users/{userId}/audit, parsed, called once and answered."""

from __future__ import annotations

import json

import pytest

from audit.entries import cursor
from audit.form import FIRST, place_of
from handlers.list_audit import list_audit
from tests.support.events import event
from users.errors import UserNotFound
from utils.deadline import Deadline
from utils.errors import InvalidCursor, InvalidQuery
from utils.http import Request
from utils.paging import PARAMETERS

ANN = "5884d48e-e881-4299-834b-3d9881e0fa73"


class Entries:
    """A trail of three entries."""

    def page(self, user_id, limit, before=None):
        self.asked = (user_id, limit, before)
        numbers = [number for number in (3, 2, 1) if before is None or number < before] if user_id == ANN else []
        found = [entry(number) for number in numbers[:limit]]
        return found, numbers[limit - 1] if len(numbers) > limit else None


def entry(number):
    return {
        "userId": ANN,
        "place": place_of(number),
        "eventId": f"event-{number}",
        "type": "UserUpdated",
        "userVersion": number,
        "time": "2026-11-26T12:00:00.000Z",
        "recordedAt": "2026-11-26T12:00:01.000Z",
        "actor": "key:abc",
        "changed": "name",
        "previous": FIRST,
        "digest": FIRST,
    }


def listed(query="", user_id=ANN, entries=None):
    request = Request(event("GET", f"/users/{user_id}/audit", query=query), Deadline(5), PARAMETERS)
    return list_audit(request, entries or Entries())


def test_all_entries_come_on_one_page():
    page = json.loads(listed().body)
    assert [each["number"] for each in page["entries"]] == [3, 2, 1]
    assert (page["count"], page["hasMore"], "lastKey" in page) == (3, False, False)


def test_a_page_says_where_the_next_one_is():
    response = listed("limit=2")
    page = json.loads(response.body)
    assert (page["count"], page["hasMore"], page["lastKey"]) == (2, True, cursor(ANN, 2))
    assert f'limit=2&lastKey={cursor(ANN, 2)}>; rel="next"' in response.headers["Link"]


def test_the_next_page_continues():
    page = json.loads(listed(f"limit=2&lastKey={cursor(ANN, 2)}").body)
    assert [each["number"] for each in page["entries"]] == [1]


@pytest.mark.parametrize("user_id", ["00000000-0000-4000-8000-000000000000", "no-id", "administration"])
def test_a_user_without_any_entry_is_not_found(user_id):
    with pytest.raises(UserNotFound):
        listed(user_id=user_id)


@pytest.mark.parametrize(
    ("query", "error"), [("limit=0", InvalidQuery), ("limit=1001", InvalidQuery), ("lastKey=forged", InvalidCursor)]
)
def test_a_wrong_query_is_refused(query, error):
    with pytest.raises(error):
        listed(query)
