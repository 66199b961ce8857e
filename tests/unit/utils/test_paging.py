"""The page of a list says how many items it holds, and where the next one is."""

from __future__ import annotations

import json

import pytest

from tests.support.events import event
from utils.deadline import Deadline
from utils.errors import InvalidQuery
from utils.http import Request
from utils.paging import DEFAULT_LIMIT, PARAMETERS, limit_of, page


def request(query: str = "") -> Request:
    return Request(event("GET", "/webhooks", query=query), Deadline(5), PARAMETERS)


def test_a_page_with_a_next_one_links_to_it():
    response = page(request("limit=2"), "webhooks", [1, 2], "abc")
    assert json.loads(response.body) == {"webhooks": [1, 2], "count": 2, "hasMore": True, "lastKey": "abc"}
    assert response.headers["Link"] == f'<{request().location}?limit=2&lastKey=abc>; rel="next"'
    assert response.headers["Cache-Control"] == "private, no-cache"


def test_the_last_page_has_no_link():
    response = page(request(), "entries", [], None)
    assert json.loads(response.body) == {"entries": [], "count": 0, "hasMore": False}
    assert "Link" not in response.headers


def test_the_limit_has_a_default_and_bounds():
    assert (limit_of(request()), limit_of(request("limit=7"))) == (DEFAULT_LIMIT, 7)
    for outside in ("0", "1001", "x"):
        with pytest.raises(InvalidQuery):
            request(f"limit={outside}")
