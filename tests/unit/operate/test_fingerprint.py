"""A fingerprint depends on the items and on nothing else: not on their order, nor on the segments of the scan."""

from __future__ import annotations

import json
import random
import time
from argparse import Namespace
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operate.records import fingerprint
from operate.records.fingerprint import Fingerprint, Sum, of_key, of_user, taken

Items = list[dict[str, Any]]
PAGE = 3
LATER = str(int(time.time()) + 3600)


def user(number: int, email: str, **more: Any) -> dict[str, Any]:
    fields = {"userId": {"S": f"u{number}"}, "email": {"S": email}, "version": {"N": "1"}, "lastWrite": {"S": "t"}}
    return {**fields, "name": {"S": f"{number}"}, **more}


def claim(email: str, number: int, **more: Any) -> dict[str, Any]:
    return {"key": {"S": f"email#{email.lower()}"}, "userId": {"S": f"u{number}"}, **more}


def database(users: Items, keys: Items, seed: int = 0) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    """Two tables that are scanned in segments and pages. The seed decides the order and the segment of each item."""

    def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        assert operation == "Scan"
        assert request["ConsistentRead"]
        rows = list(users if request["TableName"] == "U" else keys)
        chance = random.Random(seed)
        chance.shuffle(rows)
        own = [row for row in rows if chance.randrange(request["TotalSegments"]) == request["Segment"]]
        start = request.get("ExclusiveStartKey", {"at": 0})["at"]
        more = {"LastEvaluatedKey": {"at": start + PAGE}} if start + PAGE < len(own) else {}
        return {"Items": own[start : start + PAGE], **more}

    return call


def of(users: Items, keys: Items, segments: int = 4, seed: int = 0) -> Fingerprint:
    return taken(database(users, keys, seed), "U", "K", segments)


USERS = [user(number, f"User{number}@x.co") for number in range(20)]
CLAIMS = [claim(f"User{number}@x.co", number) for number in range(20)]
OTHERS = [{"key": {"S": "subject#7"}, "userId": {"S": "u7"}}]
WHOLE = of(USERS, CLAIMS + OTHERS)


@given(st.integers(1, 40), st.integers())
def test_order_and_segments_do_not_matter(segments, seed):
    assert of(USERS, CLAIMS + OTHERS, segments, seed) == WHOLE


def test_it_counts_and_agrees():
    assert [WHOLE.users.count, WHOLE.claims.count, WHOLE.others.count, WHOLE.agrees] == [20, 20, 1, True]
    assert of([], []).agrees


def changes() -> dict[str, tuple[Items, Items]]:
    """Each kind of single change."""
    keys = CLAIMS + OTHERS
    return {
        "a user is gone": (USERS[1:], keys),
        "a user is there twice, under another id": ([*USERS, user(99, "User1@x.co")], keys),
        "another name": ([*USERS[1:], {**USERS[0], "name": {"S": "Eve"}}], keys),
        "another attribute": ([*USERS[1:], {**USERS[0], "plan": {"S": "free"}}], keys),
        "a number for a string": ([*USERS[1:], {**USERS[0], "name": {"N": "0"}}], keys),
        "another email": ([*USERS[1:], {**USERS[0], "email": {"S": "eve@x.co"}}], keys),
        "no email": ([*USERS[1:], {k: v for k, v in USERS[0].items() if k != "email"}], keys),
        "another version": ([*USERS[1:], {**USERS[0], "version": {"N": "2"}}], keys),
        "a claim is gone": (USERS, keys[1:]),
        "a claim too many": (USERS, [*keys, claim("eve@x.co", 1)]),
        "a claim of somebody else": (USERS, [claim("User0@x.co", 1), *keys[1:]]),
        "two claims are exchanged": (USERS, [claim("User0@x.co", 1), claim("User1@x.co", 0), *keys[2:]]),
        "another key": (USERS, [*CLAIMS, {"key": {"S": "subject#7"}, "userId": {"S": "u8"}}]),
        "a key is gone": (USERS, CLAIMS),
    }


AGREE = {
    "another name",
    "another attribute",
    "a number for a string",
    "another version",
    "another key",
    "a key is gone",
}


@pytest.mark.parametrize("name", changes())
def test_each_change_changes_it(name):
    found = of(*changes()[name])
    assert found != WHOLE
    assert found.shown() != WHOLE.shown()
    assert found.agrees == (name in AGREE)
    assert (found.content() == WHOLE.content()) == (name == "another version")


@given(st.data())
def test_each_change_of_one_item_changes_it(data):
    number = data.draw(st.integers(0, 19))
    name = data.draw(st.sampled_from([*USERS[0], "age"]))
    value = data.draw(st.one_of(st.text().map(lambda it: {"S": it}), st.integers().map(lambda it: {"N": str(it)})))
    changed = [{**row, name: value} if row is USERS[number] else row for row in USERS]
    assert (of(changed, CLAIMS + OTHERS).users == WHOLE.users) == (changed == USERS)


def test_records_that_expire_do_not_count():
    records = [{"key": {"S": "request#x"}, "expiresAt": {"N": when}} for when in ("1", LATER)]
    expired = claim("old@x.co", 3, expiresAt={"N": "1"})
    assert of(USERS, [*CLAIMS, *OTHERS, *records, expired]) == WHOLE
    assert not of(USERS, [*CLAIMS, *OTHERS, claim("old@x.co", 3, expiresAt={"N": LATER})]).agrees


def test_emails_are_compared_as_the_claims_are():
    assert of([user(1, "Ada@Example.COM")], [claim("ada@example.com", 1)]).agrees


def test_the_members_of_a_set_have_no_order():
    sets = [[{**USERS[0], "tags": {"SS": order}}] for order in (["a", "b"], ["b", "a"])]
    lists = [[{**USERS[0], "tags": {"L": [{"S": it} for it in order]}}] for order in (["a", "b"], ["b", "a"])]
    assert of(sets[0], CLAIMS) == of(sets[1], CLAIMS)
    assert of(lists[0], CLAIMS) != of(lists[1], CLAIMS)


def key_only(item: dict[str, Any]) -> Fingerprint:
    return of_user({"userId": item["userId"]})


def counts_only(self: Sum, other: Sum) -> Sum:
    return Sum(self.count + other.count, 0)


def ordered_sum(self: Sum, other: Sum) -> Sum:
    return Sum(self.count + other.count, (self.total * 31 + other.total) % 2**256)


def everything_expires(item: dict[str, Any], now: int) -> Fingerprint:
    return of_key({**item, "expiresAt": {"N": "1"}}, now)


WRONG: dict[str, tuple[Any, str, Any]] = {
    "only counts": (Sum, "__add__", counts_only),
    "depends on the order": (Sum, "__add__", ordered_sum),
    "only keys": (fingerprint, "of_user", key_only),
    "no claims": (fingerprint, "of_key", everything_expires),
    "numbers are strings": (fingerprint, "digest", lambda value: Sum(1, hash(str(value).replace("'N'", "'S'")))),
    "one segment": (fingerprint, "range", lambda number: range(min(number, 1))),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_version_is_found(monkeypatch, name):
    target, attribute, wrong = WRONG[name]
    monkeypatch.setattr(target, attribute, wrong, raising=False)
    whole = of(USERS, CLAIMS + OTHERS)
    same = all(of(USERS, CLAIMS + OTHERS, segments, seed) == whole for segments, seed in [(1, 1), (7, 2)])
    told = all(of(*change) != whole for change in changes().values())
    assert not (same and told and whole.agrees and whole.users.count == 20)


@pytest.mark.parametrize(("keys", "status"), [(CLAIMS, 0), (CLAIMS[1:], 1)])
def test_the_status_says_whether_users_and_claims_agree(capsys, keys, status):
    options = Namespace(users="U", keys="K", segments=4, json=False)
    assert fingerprint.run(database(USERS, keys), options) == status
    assert ("check-claims" in capsys.readouterr().out) == bool(status)
    options.json = True
    assert fingerprint.run(database(USERS, keys), options) == status
    shown = json.loads(capsys.readouterr().out)
    assert shown["agree"] == (not status)
    assert shown["users"] == {"count": 20, "sha256": WHOLE.users.digest}


def test_a_real_database_has_the_same_fingerprint_in_any_number_of_segments(emulator, tables):
    client = emulator.client("dynamodb")
    for row, key in zip(USERS, CLAIMS, strict=True):
        client.put_item(TableName=tables.users, Item=row)
        client.put_item(TableName=tables.keys, Item=key)

    def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        assert operation == "Scan"
        return dict(client.scan(**request))

    for segments in (1, 3, 16):
        assert taken(call, tables.users, tables.keys, segments) == of(USERS, CLAIMS)
