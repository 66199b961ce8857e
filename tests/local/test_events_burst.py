"""A burst of changes, and a replay of them in reverse, with all consumers on: each change has its consequences once."""

from __future__ import annotations

import contextlib
import itertools
import json
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest

from tests.api.client import send
from tests.local.consequences import BUS, Change, Consequences, Order, depths, hooked
from tests.local.test_sources import until
from tests.proofs.seeded import Edit
from tests.support.project import copied
from tests.support.receiver import Receiver
from tests.support.server import Server
from users.events import SOURCE, event_in

pytestmark = pytest.mark.local_only
CLIENTS = 8
CHANGES = 5  # of each user
MOVED, MOVE = (
    "The email of your account is changed",
    3,
)  # the subject of two letters, and the version that asks for them
AT_ONCE = 10  # entries of a call to the bus


ANEW = '{**event.detail, "id": __import__("uuid").uuid4().hex}'
# Wrong consumers -> the edit, and what the test says of them.
WRONG = {
    "mail repeated": (
        Edit("consumers/send_mail.py", "outgoing.send(event.id", 'outgoing.send(__import__("uuid").uuid4().hex'),
        r"not once: mail\n",
    ),
    "an entry repeated": (
        Edit("consumers/record_audit.py", "event.type, event.detail)", f"event.type, {ANEW})"),
        r"not once: audit\n",
    ),
    "a delivery repeated": (
        Edit("consumers/plan_deliveries.py", "event.type, event.detail, clock()", f"event.type, {ANEW}, clock()"),
        r"not once: deliveries receiver\n",
    ),
    "an update left out": (
        Edit(
            "consumers/push_live_updates.py",
            "    place = recent",
            '    if event.detail["userVersion"] == 4:\n        return\n    place = recent',
        ),
        "only {'live updates'",
    ),
}


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("changes", [100, *(pytest.param(it, marks=pytest.mark.deep) for it in (1000, 10_000))])
def test_a_burst_and_its_replay_have_each_consequence_once(changes: int):
    with Server() as server:
        burst(server, changes)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.deep] * (name != "mail repeated")) for name in WRONG]
)
def test_a_wrong_consumer_is_caught(tmp_path: Path, name: str):
    root = copied(tmp_path / "users-api")
    edit, said = WRONG[name]
    edit.apply(root / "src")
    with Server(root=root) as server, pytest.raises(AssertionError, match=said):
        burst(server, changes=2 * CHANGES, patience=20)


def burst(server: Server, changes: int, patience: float = 300) -> None:
    """Many changes, what follows from them, and a replay from which nothing follows."""
    with receiving() as receiver:
        everything, order = Consequences(server, receiver, hooked(server, receiver)), Order(server)
        ids = lives(server, everything, changes // CHANGES)
        expected = Counter(itertools.product(ids, range(1, CHANGES + 1)))
        quiet(server, order, everything, changes)
        assert_once(everything, expected, len(ids), patience)
        assert (order.wrong(), order.seen) == ([], set(expected))
        requests = everything.requests.copy()
        assert replay(server) == changes
        quiet(server, order, everything, changes)
        assert_once(everything, expected, len(ids), patience)
        assert everything.requests == requests, "the replay was delivered again"
        assert everything.faults_of_the_trail() == 0


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver, for the time of the block."""
    receiver = Receiver()
    try:
        yield receiver
    finally:
        receiver.stop()


def lives(server: Server, everything: Consequences, users: int) -> list[str]:
    """The lives of some users at once; their ids. Deliveries are verified meanwhile, because none may be old."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        begun = [pool.submit(life, server.url, number) for number in range(users)]
        while wait(begun, timeout=1).not_done:
            everything.received()
    return [each.result() for each in begun]


def life(url: str, number: int) -> str:
    """A user that is created, and changed some times, once to another address."""
    user = send(url, "POST", "/users", {"name": "Ann", "email": f"burst-{number}@example.com"}).json
    for version in range(2, CHANGES + 1):
        fields = {"email": f"burst-{number}@example.org"} if version == MOVE else {"name": f"Ann {version}"}
        assert send(url, "PUT", f"/users/{user['userId']}", fields).status == 200
    return str(user["userId"])


def quiet(server: Server, order: Order, everything: Consequences, changes: int) -> None:
    """Wait until no queue has a message, the dead-letter queues included."""

    def left() -> dict[str, int]:
        time.sleep(min(changes / 1000, 5))  # each look is some work for the server
        order.take()
        everything.received()
        return depths(server)

    until(lambda: left() or left(), lambda found: not found, patience=300 + changes / 5)


def assert_once(everything: Consequences, expected: Counter[Change], users: int, patience: float) -> None:
    """Each change has one entry, one successful delivery and one id in the log of live updates; each letter is once."""
    until(lambda: everything.missing(expected), lambda missing: not missing, patience)
    letters = everything.letters()
    found = {
        "audit": everything.audited() == expected,
        "deliveries": everything.delivered() == expected,
        "receiver": everything.received() == expected,
        "live updates": everything.logged() == set(expected),
        "mail": set(letters.values()) == {1},
    }
    assert all(found.values()), f"not once: {' '.join(name for name, once in found.items() if not once)}"
    assert Counter(subject for _, subject in letters) == {"Welcome": users, MOVED: 2 * users}


def replay(server: Server) -> int:
    """Send all events to the bus again, the last one first; how many they were.

    The emulated AWS has no archive, so the events come from the stream, by the code of the publisher.
    """
    made = [event_in(record, lambda *_: {"type": "unknown"}) for record in records(server)]
    entries = [
        {"EventBusName": BUS, "Source": SOURCE, "DetailType": event.type, "Detail": json.dumps(event.detail)}
        for event in reversed(made)
        if event
    ]
    events = server.client("events")
    for start in range(0, len(entries), AT_ONCE):
        assert events.put_events(Entries=entries[start : start + AT_ONCE])["FailedEntryCount"] == 0
    return len(entries)


def records(server: Server) -> Iterator[dict[str, Any]]:
    """All records of the stream of users."""
    streams = server.client("dynamodbstreams")
    [stream] = [it["StreamArn"] for it in streams.list_streams(TableName="Users")["Streams"]]
    [shard] = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]
    place = {"StreamArn": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    iterator = streams.get_shard_iterator(**place)["ShardIterator"]
    while page := streams.get_records(ShardIterator=iterator, Limit=1000):
        yield from page["Records"]
        if not page["Records"]:
            return
        iterator = page["NextShardIterator"]
