"""The writes move to the other Region: ended here, drained, begun there; or taken over with what is lost."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import pytest

from dynamodb.errors import Unavailable
from operate.database import Call
from operate.regions import failover
from operate.regions.failover import Failover, NotMoved
from operate.regions.region import Region
from regions.home import KEY, NOBODY
from tests.unit.operate.recovering import calling, put_user

HOME, OTHER = "us-east-1", "eu-west-1"


@pytest.fixture
def call(emulator) -> Call:
    return calling(emulator)


@pytest.fixture
def pair(call, emulator, tables) -> Any:
    """Two Regions: two pairs of tables, which nothing replicates."""
    from tests.support.tables import create_tables, delete_tables

    client = emulator.client("dynamodb")
    there = create_tables(client)
    yield Region(HOME, call, tables.users, tables.keys), Region(OTHER, call, there.users, there.keys)
    delete_tables(client, there)


def moving(pair, said: list[str] | None = None, arrives: bool = True) -> Failover:
    """A failover in which the fence arrives in the other Region, as replication would bring it."""

    def wait(_what: str, ready: Any) -> None:
        if arrives:
            pair[1].insist_on_home(pair[0].home())
            item = pair[0].call("GetItem", {"TableName": pair[0].keys, "Key": {"key": {"S": KEY}}})["Item"]
            pair[1].call("PutItem", {"TableName": pair[1].keys, "Item": item})
        assert ready()

    lines: list[str] = [] if said is None else said
    return Failover(*pair, say=lines.append, pause=lambda seconds: lines.append(f"pause {seconds}"), wait=wait)


def test_a_planned_failover_fences_waits_and_hands_over(pair):
    said: list[str] = []
    moving(pair, said).promote()
    assert [region.home() for region in pair] == [NOBODY, OTHER]
    pauses = [f"pause {seconds}" for seconds in (failover.IN_FLIGHT_SECONDS, failover.ON_THE_WAY_SECONDS)]
    assert said[:4] == [f"{HOME} takes no writes", *pauses, "both have the same items"]
    assert said[4].startswith(f"{OTHER} takes writes; nobody could write for ")


def test_the_requests_in_flight_have_the_time_of_a_function():
    from tests.template.stack import actual

    longest = actual().written["Globals"]["Function"]["Timeout"]
    assert longest < failover.IN_FLIGHT_SECONDS


def test_it_can_be_done_again_after_it_was_interrupted(pair):
    moving(pair).fence()
    moving(pair).promote()
    assert pair[1].home() == OTHER


def test_a_region_that_is_not_home_is_not_fenced(pair):
    pair[0].insist_on_home(OTHER)
    with pytest.raises(NotMoved, match=f"{HOME} is not home: it takes {OTHER} for home"):
        moving(pair).promote()


def test_it_does_not_hand_over_before_the_fence_is_there(pair):
    pair[1].insist_on_home(HOME)
    with pytest.raises(NotMoved, match=f"{HOME} was named home meanwhile"):
        moving(pair).hand_over()


def test_a_loss_is_accepted_by_name_only(pair):
    with pytest.raises(NotMoved, match=f"the Region to give up is {HOME}"):
        moving(pair).promote(OTHER)
    assert [region.home() for region in pair] == ["", ""]


def test_a_lost_region_that_answers_is_fenced(pair):
    said: list[str] = []
    moving(pair, said).promote(HOME)
    assert [region.home() for region in pair] == [NOBODY, OTHER]
    assert f"{HOME} takes no writes" in said


def test_a_lost_region_that_does_not_answer_is_not_written_to(pair):
    asked = []

    def lost(operation: str, _request: dict[str, Any]) -> dict[str, Any]:
        asked.append(operation)
        raise Unavailable("NoResponse")

    said: list[str] = []
    moving((Region(HOME, lost, pair[0].users, pair[0].keys), pair[1]), said).promote(HOME)
    assert set(asked) == {"GetItem"}
    assert pair[1].home() == OTHER
    assert said[0].startswith(f"{HOME} does not answer")


def test_two_regions_are_level_when_every_item_is_the_same(pair, call, tables):
    said: list[str] = []
    assert moving(pair, said).check() == 0
    put_user(call, tables, 1)
    assert moving(pair, said).check() == 1
    assert f"{HOME}: the home Region is the one whose RegionRole is home" in said
    assert said[-1].startswith("their items differ")


def test_what_has_expired_does_not_count_and_what_will_does(pair, call, tables):
    for key, when in (("a", "1"), ("b", "99999999999")):
        item = {"key": {"S": key}, "expiresAt": {"N": when}}
        call("PutItem", {"TableName": tables.keys, "Item": item})
        assert moving(pair).level() == (key == "a")


def test_a_region_cannot_take_over_from_itself(pair):
    with pytest.raises(NotMoved):
        Failover(pair[0], pair[0])


def test_the_command_without_write_only_checks(call, tables, emulator, monkeypatch, capsys):
    settings = {"AWS_ENDPOINT_URL": emulator.endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    given = {"home": HOME, "to": OTHER, "users": tables.users, "keys": tables.keys, "accept_loss": "", "write": False}
    client = emulator.session.create_client(
        "dynamodb",
        region_name=OTHER,
        endpoint_url=emulator.endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    from tests.support.tables import create_table

    create_table(client, tables.users, "userId")
    create_table(client, tables.keys, "key")
    try:
        assert failover.run(call, Namespace(action="promote", **given)) == 0
        put_user(call, tables, 1)
        assert failover.run(call, Namespace(action="check", **given)) == 1
    finally:
        for name in (tables.users, tables.keys):
            client.delete_table(TableName=name)
    assert "their items differ" in capsys.readouterr().out
