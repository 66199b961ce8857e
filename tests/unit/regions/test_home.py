"""Which Region takes writes: what the item says, and without one the role of the deployment."""

from __future__ import annotations

import pytest

from regions.errors import NotHome
from regions.home import KEY, NOBODY, Home, is_home

HERE, THERE = "eu-west-1", "us-east-1"


def item(region):
    return {"key": {"S": KEY}, "region": {"S": region}}


@pytest.mark.parametrize(
    ("found", "role", "home"),
    [
        (None, "", True),
        (None, "only", True),
        (None, "home", True),
        (None, "standby", False),
        (item(HERE), "standby", True),
        (item(THERE), "home", False),
        (item(NOBODY), "home", False),
        (item(NOBODY), "standby", False),
    ],
)
def test_the_item_decides_and_without_one_the_role(found, role, home):
    assert is_home(found, HERE, role) is home


def test_the_item_is_read_consistently_and_a_write_elsewhere_is_refused():
    asked = []

    def call(operation, request):
        asked.append((operation, request))
        return {"Item": item(THERE)}

    home = Home(call, "Keys", here=HERE, role="home")
    with pytest.raises(NotHome) as refused:
        home.check()
    assert asked == [("GetItem", {"TableName": "Keys", "Key": {"key": {"S": KEY}}, "ConsistentRead": True})]
    assert (refused.value.status, refused.value.code, refused.value.headers) == (503, "not_home", {"Retry-After": "30"})


def test_a_write_at_home_passes():
    Home(lambda operation, request: {}, "Keys", here=HERE, role="home").check()
