"""GET /users, parsed, called once and answered."""

from __future__ import annotations

import json

import pytest

from tests.unit.handlers.actions import listed, made
from utils.errors import InvalidCursor


def test_list_of_no_users_is_empty(store):
    response = listed(store)
    assert json.loads(response.body) == {"users": [], "count": 0, "hasMore": False}
    assert "Link" not in response.headers
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert store.calls[0][1]["Limit"] == 101


def test_list_goes_on_from_page_to_page(store):
    users = [made(store, email=f"{number}@example.com") for number in range(5)]
    seen, query = [], "limit=2"
    for _ in range(3):
        response = listed(store, query)
        page = json.loads(response.body)
        assert page["count"] == len(page["users"])
        seen += page["users"]
        if page["hasMore"]:
            query = f"limit=2&lastKey={page['lastKey']}"
            assert response.headers["Link"] == f'</Prod/users?{query}>; rel="next"'
    assert not page["hasMore"]
    assert "lastKey" not in page
    assert sorted(seen, key=lambda user: user["email"]) == users


def test_list_may_change_its_pace(store):
    for number in range(3):
        made(store, email=f"{number}@example.com")
    key = json.loads(listed(store, "limit=1").body)["lastKey"]
    assert json.loads(listed(store, f"lastKey={key}").body)["count"] == 2


def test_list_refuses_a_key_before_it_reads(store):
    with pytest.raises(InvalidCursor):
        listed(store, "lastKey=x")
    with pytest.raises(InvalidCursor):
        listed(store, "lastKey=")
    assert store.calls == []
