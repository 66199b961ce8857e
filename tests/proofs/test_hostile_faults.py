"""Hostile inputs, rows B109 to B139: retries, races and a database that fails, one test each."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from tests.proofs.faults.flow import CREATED, IN_PROGRESS, MISSING, OK, TAKEN, UNAVAILABLE, answer_of
from tests.proofs.faults.flows import ADA, BOB, KEY
from tests.proofs.faults.invariants import as_seen
from tests.proofs.faults.kinds import ALWAYS, THROTTLED, Fault
from tests.proofs.faults.rig import OWN, Reply, Rig
from tests.proofs.faults.stories import tell
from tests.proofs.system import System
from tests.support.events import Context, event


@pytest.fixture(scope="module")
def shared(emulator) -> Iterator[Rig]:
    with Rig(System(), emulator, OWN) as made:
        yield made


@pytest.fixture
def rig(shared: Rig) -> Rig:
    shared.wipe()
    shared.rewire()
    return shared


def at_once(count: int, action: Callable[[int], Any]) -> list[Any]:
    """The results of `action(0)`, `action(1)`, ... on as many threads, let go at one moment."""
    gate = threading.Barrier(count)

    def wait_and_act(number: int) -> Any:
        gate.wait(10)
        return action(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(wait_and_act, range(count)))


def race(*requests: Callable[[], Reply]) -> list[Reply]:
    """The replies to requests that are let go at one moment."""
    return at_once(len(requests), lambda number: requests[number]())


def answers(replies: list[Reply]) -> Counter[tuple[int, str]]:
    return Counter(map(answer_of, replies))


def create(rig: Rig, user: dict[str, Any] = ADA, **more: Any) -> str:
    reply = rig.send("POST", "/users", user, **more)
    assert reply.status == 201
    return f"/users/{reply.document['userId']}"


# Idempotency and retries


def test_B109_the_same_key_and_body_twice_is_one_user_and_one_answer(rig):
    first, second = (rig.send("POST", "/users", ADA, headers=KEY) for _ in range(2))
    assert (first.status, second.status) == (201, 201)
    assert (first.body, first.headers["Location"]) == (second.body, second.headers["Location"])
    assert len(rig.state().users) == 1


@pytest.mark.parametrize("count", [2, 50])
def test_B111_the_same_key_in_parallel_is_one_user(rig, count):
    replies = at_once(count, lambda _number: rig.send("POST", "/users", ADA, headers=KEY))
    assert set(answers(replies)) <= {CREATED, IN_PROGRESS}
    assert len({reply.body for reply in replies if reply.status == 201}) == 1
    assert sum("Idempotency-Replayed" not in reply.headers for reply in replies if reply.status == 201) == 1
    assert len(rig.state().users) == 1


def test_B113_a_key_means_nothing_on_another_route_or_method(rig):
    path = create(rig, headers=KEY)
    changed = rig.send("PUT", path, {"name": "Other Personal"}, headers=KEY)
    assert (changed.status, changed.document["name"]) == (200, "Other Personal")
    assert rig.send("GET", path, headers=KEY).document["name"] == "Other Personal"
    assert rig.send("DELETE", path, headers=KEY).status == 200


def test_B115_a_key_is_free_again_after_a_day(rig):
    tell(rig, "a key used again after a day")


def test_B115_a_new_execution_meets_the_email_of_the_first(rig):
    create(rig, headers=KEY)
    [record] = rig.state().records.values()
    rig.expire(record["key"])
    assert answer_of(rig.send("POST", "/users", ADA, headers=KEY)) == TAKEN


def test_B117_without_a_key_a_lost_create_ends_in_409_for_ones_own_user(rig):
    tell(rig, "a create that stays unanswered without a key")


def test_B117_with_a_key_a_lost_create_ends_in_201(rig):
    tell(rig, "a create that stays unanswered with a key")


# Concurrency


@pytest.mark.parametrize("count", [2, 10, 100])
def test_B119_simultaneous_creates_with_one_email_make_one_user(rig, count):
    users = [{**ADA, "name": f"Personal {number}"} for number in range(count)]
    replies = at_once(count, lambda number: rig.send("POST", "/users", users[number]))
    assert answers(replies) == {CREATED: 1, TAKEN: count - 1}
    state = rig.state()
    assert (len(state.users), len(state.claims)) == (1, 1)


@pytest.mark.parametrize(
    "body", [{"name": "Late Personal"}, {"email": "late.personal@example.com"}], ids=["name", "email"]
)
def test_B121_a_put_racing_a_delete_leaves_no_ghost(rig, body):
    for _ in range(10):
        rig.wipe()
        path = create(rig)
        put, delete = race(partial(rig.send, "PUT", path, body), partial(rig.send, "DELETE", path))
        assert {answer_of(put), answer_of(delete)} <= {OK, MISSING}
        assert delete.status == 200
        assert not rig.state().users


@pytest.mark.parametrize("name", ["a user deleted just before put name", "a user deleted just before put email"])
def test_B121_a_delete_just_before_a_put_leaves_no_ghost(rig, name):
    tell(rig, name)


def test_B123_a_hundred_deletes_remove_once(rig, emulator):
    path = create(rig)
    replies = at_once(100, lambda _number: rig.send("DELETE", path))
    assert answers(replies) == {OK: 1, MISSING: 99}
    assert answer_of(rig.send("DELETE", path)) == MISSING
    assert removals(emulator, rig.tables.users, path.rpartition("/")[2]) == 1


def removals(emulator: Any, table: str, user_id: str) -> int:
    """How often the table's stream says that the user was removed."""
    stream = emulator.client("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"]
    client = emulator.client("dynamodbstreams")
    found: list[Any] = []
    for shard in client.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]:
        start = {"StreamArn": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = client.get_shard_iterator(**start)["ShardIterator"]
        while iterator and (page := client.get_records(ShardIterator=iterator))["Records"]:
            found += page["Records"]
            iterator = page.get("NextShardIterator")
    removed = [record["dynamodb"]["Keys"]["userId"]["S"] for record in found if record["eventName"] == "REMOVE"]
    return removed.count(user_id)


def test_B125_an_email_wanted_by_two_goes_to_one(rig):
    for _ in range(10):
        rig.wipe()
        path = create(rig)
        put, post = race(
            partial(rig.send, "PUT", path, {"email": BOB["email"]}), partial(rig.send, "POST", "/users", BOB)
        )
        assert {answer_of(put), answer_of(post)} in ({OK, TAKEN}, {TAKEN, CREATED})
        claims = rig.state().claims
        assert (str(ADA["email"]).lower() in claims) == (put.status == 409)


def test_B127_an_email_is_free_again_at_once(rig):
    path = create(rig)
    assert rig.send("DELETE", path).status == 200
    assert create(rig) != path


def test_B129_a_walk_meets_every_stable_user_once_while_others_come_and_go(rig):
    stable = {create(rig, {"name": "Personal", "email": f"stable.personal{number}@example.com"}).rpartition("/")[2]
              for number in range(30)}  # fmt: skip
    over = threading.Event()
    statuses: Counter[int] = Counter()

    def churn(number: int) -> None:
        for turn in range(1000):
            if over.is_set():
                return
            made = rig.send("POST", "/users", {"name": "P", "email": f"churn.personal{number}.{turn}@example.com"})
            gone = rig.send("DELETE", f"/users/{made.document['userId']}")
            statuses.update([made.status, gone.status])

    with ThreadPoolExecutor(3) as pool:
        for number in range(3):
            pool.submit(churn, number)
        try:
            walks = [walk(rig) for _ in range(3)]
        finally:
            over.set()
    for seen in walks:
        assert {user: seen[user] for user in stable} == dict.fromkeys(stable, 1)
        assert set(seen.values()) == {1}
    assert set(statuses) == {201, 200}


def walk(rig: Rig) -> Counter[str]:
    """How often each user is met on the way through all pages."""
    seen: Counter[str] = Counter()
    query = "limit=4"
    for _ in range(1000):
        page = rig.send("GET", "/users", query=query)
        assert page.status == 200
        seen.update(user["userId"] for user in page.document["users"])
        if not page.document["hasMore"]:
            return seen
        query = f"limit=4&lastKey={page.document['lastKey']}"
    raise AssertionError("the walk does not end")


# Dependency faults


@pytest.mark.parametrize("code", THROTTLED)
@pytest.mark.parametrize(
    ("times", "answer"), [(1, CREATED), (2, CREATED), (ALWAYS, UNAVAILABLE)], ids=["1", "2", "all"]
)
def test_B131_throttling_is_waited_out_or_told(rig, code, times, answer):
    reply = rig.faulted((Fault("TransactWriteItems", 1, code, times=times),), "POST", "/users", ADA)
    assert answer_of(reply) == answer
    assert ("Retry-After" in reply.headers) == (answer == UNAVAILABLE)
    assert len(rig.state().users) == (answer == CREATED)


def test_B133_a_hang_is_given_up_after_two_seconds_and_the_call_made_again(emulator):
    with Rig(System(), emulator, OWN, hurried=False) as rig:
        start = time.monotonic()
        reply = rig.faulted((Fault("TransactWriteItems", 1, "hang"),), "POST", "/users", ADA)
        assert reply.status == 201
        assert 2 <= time.monotonic() - start < 5
        assert len(rig.state().users) == 1


def test_B133_a_hang_that_does_not_end_is_answered_in_time(emulator):
    with Rig(System(), emulator, OWN, hurried=False) as rig:
        reply = rig.faulted((Fault("*", 1, "hang", times=ALWAYS),), "POST", "/users", ADA, seconds=3)
        assert answer_of(reply) == UNAVAILABLE
        assert reply.seconds < 3


@pytest.mark.parametrize(
    ("kind", "times", "answer"),
    [
        ("canceled 1 ConditionalCheckFailed", 1, TAKEN),
        ("canceled 0 ConditionalCheckFailed", 1, CREATED),
        ("canceled 0 ThrottlingError", 1, CREATED),
        ("canceled 0 ThrottlingError", ALWAYS, UNAVAILABLE),
    ],
)
def test_B135_each_cancellation_reason_is_read_for_what_it_is(rig, kind, times, answer):
    reply = rig.faulted((Fault("TransactWriteItems", 1, kind, times=times),), "POST", "/users", ADA)
    assert answer_of(reply) == answer
    assert len(rig.state().users) == (answer == CREATED)
    ids = {seen.request["TransactItems"][0]["Put"]["Item"]["userId"]["S"] for seen in rig.proxy.seen}
    assert len(ids) == (2 if kind == "canceled 0 ConditionalCheckFailed" else 1)


def test_B137_an_empty_page_with_a_key_is_not_the_end(rig):
    tell(rig, "an empty page that is not the last")


@pytest.mark.parametrize("headers", [None, KEY], ids=["without a key", "with a key"])
def test_B139_a_function_invoked_twice_with_one_request_has_one_effect(rig, headers):
    handler = System().handler("create_user")
    sent = event("POST", "/users", ADA, headers=headers)
    first, second = handler(sent, Context()), handler(sent, Context())
    assert first["statusCode"] == 201
    assert second["statusCode"] == (201 if headers else 409)
    [user] = rig.state().users.values()
    assert user["version"] == 1
    assert as_seen(user)["email"] == ADA["email"]


def test_B139_a_delete_invoked_twice_has_one_effect(rig):
    path = create(rig)
    handler = System().handler("delete_user")
    sent = event("DELETE", path)
    assert [handler(sent, Context())["statusCode"] for _ in range(2)] == [200, 404]
