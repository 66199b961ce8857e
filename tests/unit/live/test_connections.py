"""The limits of connections and subscriptions, against a real database: the last that fits, one more, and races."""

from __future__ import annotations

import threading
import types
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dynamodb.errors import Throttled, TransactionCanceled
from dynamodb.values import to_item
from live import connections
from live.connections import MOST_SUBSCRIPTIONS
from live.errors import NotConnected, NotPermitted, TicketRefused, TooManyConnections, TooManySubscriptions
from live.table import connection_key, key, of_caller, of_topic
from tests.contract.conftest import emulator_client
from tests.support.server import ROOT
from utils.deadline import Deadline

NOW = 1_795_953_600.0
AT_ONCE = 8
IN_A_BATCH = 25
MOST_OF_CALLER = 50  # a test writes them all
TEXT = (ROOT / "src" / "live" / "connections.py").read_text()


def version_of(text: str) -> types.ModuleType:
    """src/live/connections.py with this text, and fewer connections of a caller."""
    limit = f"MOST_OF_CALLER = {connections.MOST_OF_CALLER}\n"
    assert text.count(limit) == 1
    made = types.ModuleType("version")
    exec(text.replace(limit, f"MOST_OF_CALLER = {MOST_OF_CALLER}\n"), made.__dict__)
    return made


right = version_of(TEXT)


class Table:
    """A table of live updates, and a version of src/live/connections.py that uses it."""

    def __init__(self, emulator: Any, version: Any = right) -> None:
        self.version = version
        self.client, self.name, self.now = emulator.client("dynamodb"), f"Live-{uuid.uuid4().hex[:12]}", NOW
        self.client.create_table(
            TableName=self.name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("key", "place")],
            KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}, {"AttributeName": "place", "KeyType": "RANGE"}],
        )
        database = emulator_client("client", emulator)
        self.call = lambda operation, request: database.call(operation, request, Deadline(60))
        self.pauses: list[int] = []
        self.connections = self.through(self.call)

    def through(self, call: Any) -> Any:
        """The connections, by these calls."""
        return self.version.Connections(
            call, self.name, lambda: self.now, new_token=lambda: uuid.uuid4().hex, pause=self.pauses.append
        )

    def fill(self, caller: str, count: int, expires: int = int(NOW) + 60) -> None:
        """Connections of a caller."""
        items = [{**key(of_caller(caller), f"old-{it}"), **to_item({"expiresAt": expires})} for it in range(count)]
        for start in range(0, count, IN_A_BATCH):
            puts = [{"PutRequest": {"Item": item}} for item in items[start : start + IN_A_BATCH]]
            assert not self.client.batch_write_item(RequestItems={self.name: puts})["UnprocessedItems"]

    def under(self, of: str) -> set[str]:
        """The places under a key."""
        found = self.client.query(
            TableName=self.name,
            KeyConditionExpression="#key = :key",
            ExpressionAttributeNames={"#key": "key"},
            ExpressionAttributeValues={":key": {"S": of}},
            ConsistentRead=True,
        )
        return {item["place"]["S"] for item in found["Items"]}

    def topics(self, connection: str) -> int:
        """How many topics a connection is subscribed to."""
        item = self.client.get_item(TableName=self.name, Key=connection_key(connection), ConsistentRead=True)["Item"]
        return len(item.get("topics", {}).get("SS", ()))


@pytest.fixture
def table(emulator):
    return Table(emulator)


def results(action, count, errors):
    """What became of calls that were made at the same time: True, or the error."""

    def done(number):
        try:
            action(number)
        except errors as error:
            return type(error)
        return True

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(done, range(count)))


def test_the_last_connection_opens_and_one_more_does_not(table):
    table.fill("ann", MOST_OF_CALLER - 1)
    table.connections.open("last", "ann")
    with pytest.raises(TooManyConnections):
        table.connections.open("more", "ann")
    assert "last" in table.under(of_caller("ann"))
    assert "more" not in table.under(of_caller("ann"))
    assert not table.under("connection#more")
    table.connections.open("other", "bob")


def test_a_connection_that_closes_makes_room(table):
    table.fill("ann", MOST_OF_CALLER - 1)
    table.connections.open("last", "ann")
    table.connections.close("last")
    table.connections.open("next", "ann")


def test_connections_whose_end_nobody_told_count_until_they_expire(table):
    table.fill("ann", MOST_OF_CALLER)
    with pytest.raises(TooManyConnections):
        table.connections.open("new", "ann")
    table.now += 61
    table.connections.open("new", "ann")


@pytest.mark.parametrize("fails", [1, 2, 3, 4])
def test_what_a_failure_leaves_counts_for_a_minute_at_most(table, fails):
    calls = iter(range(1, 10))

    def call(operation, request):
        if next(calls) == fails:
            raise Throttled("ThrottlingException")
        return table.call(operation, request)

    table.fill("ann", MOST_OF_CALLER - 1)
    with pytest.raises(Throttled):
        table.through(call).open("failed", "ann")
    table.now += 30
    table.fill("ann", MOST_OF_CALLER - 1, expires=int(NOW) + 1000)
    table.now += 31
    table.connections.open("new", "ann")


def test_connections_that_open_at_once_never_exceed_the_limit(table):
    counted = threading.Barrier(AT_ONCE)

    def call(operation, request):
        answer = table.call(operation, request)
        if operation == "Query":
            counted.wait(120)
        return answer

    table.fill("ann", MOST_OF_CALLER - 2)
    opened = results(lambda it: table.through(call).open(f"new-{it}", "ann"), AT_ONCE, TooManyConnections)
    assert TooManyConnections in opened
    assert len(table.under(of_caller("ann"))) == MOST_OF_CALLER - 2 + opened.count(True) <= MOST_OF_CALLER
    while len(table.under(of_caller("ann"))) < MOST_OF_CALLER:  # those that were refused come again, one by one
        table.connections.open(f"again-{uuid.uuid4()}", "ann")
    with pytest.raises(TooManyConnections):
        table.connections.open("more", "ann")


def subscribed(table, count):
    table.connections.open("one", "ann")
    for number in range(count):
        table.connections.subscribe("one", f"users/{number}")


def test_the_last_subscription_fits_and_one_more_does_not(table):
    subscribed(table, MOST_SUBSCRIPTIONS)
    with pytest.raises(TooManySubscriptions):
        table.connections.subscribe("one", "users/more")
    assert table.topics("one") == MOST_SUBSCRIPTIONS
    assert not table.under(of_topic("users/more"))


def test_a_subscription_that_is_there_already_always_fits(table):
    subscribed(table, MOST_SUBSCRIPTIONS)
    table.connections.subscribe("one", "users/0")


def test_a_subscription_that_ends_makes_room(table):
    subscribed(table, MOST_SUBSCRIPTIONS)
    table.connections.unsubscribe("one", "users/0")
    table.connections.subscribe("one", "users/more")
    assert table.topics("one") == MOST_SUBSCRIPTIONS


@pytest.mark.parametrize("other", ["users", "users/two"])
def test_a_connection_of_one_topic_subscribes_to_no_other(table, other):
    table.connections.open("one", "sub:ann", "users/one")
    with pytest.raises(NotPermitted):
        table.connections.subscribe("one", other)
    assert not table.under(of_topic(other))
    table.connections.subscribe("one", "users/one")
    assert table.under(of_topic("users/one"))


def test_subscriptions_at_once_never_exceed_the_limit(table):
    subscribed(table, MOST_SUBSCRIPTIONS - 2)
    found = results(lambda it: table.connections.subscribe("one", f"users/new-{it}"), AT_ONCE, TooManySubscriptions)
    assert found.count(True) == 2
    assert table.topics("one") == MOST_SUBSCRIPTIONS
    assert sum(bool(table.under(of_topic(f"users/new-{it}"))) for it in range(AT_ONCE)) == 2


@pytest.mark.parametrize("change", ["subscribe", "unsubscribe"])
def test_a_connection_that_is_closed_or_has_expired_changes_nothing(table, change):
    table.connections.open("old", "ann")
    table.now += 3 * 60 * 60
    for connection in ("none", "old"):
        with pytest.raises(NotConnected):
            getattr(table.connections, change)(connection, "users")
    assert not table.under(of_topic("users"))


@pytest.mark.parametrize("change", ["subscribe", "unsubscribe"])
def test_messages_of_one_connection_that_meet_are_made_again(table, change):
    conflicts = [TransactionCanceled("TransactionCanceledException") for _ in range(3)]
    for conflict in conflicts:
        conflict.reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]

    def call(operation, request):
        if conflicts:
            raise conflicts.pop()
        return table.call(operation, request)

    table.connections.open("one", "ann")
    table.connections.subscribe("one", "users")
    getattr(table.through(call), change)("one", "users")
    assert table.pauses == [0, 1, 2]
    assert table.topics("one") == (change == "subscribe")


ANN = "sub:ann"


def test_a_ticket_from_before_a_person_was_shut_out_opens_nothing(table):
    table.connections.shut_out(ANN)
    for issued in (NOW - 50, NOW):
        with pytest.raises(TicketRefused):
            table.connections.open("old", ANN, issued=int(issued))
    assert not table.under("connection#old") | table.under(of_caller(ANN))
    table.connections.open("new", ANN, issued=int(NOW) + 1)
    table.connections.open("of another", "sub:bob", issued=int(NOW) - 50)


def test_all_connections_of_a_person_are_to_be_ended_and_no_others(table):
    for caller in (ANN, "sub:bob"):
        for number in range(2):
            table.connections.open(f"{caller} {number}", caller, issued=int(NOW))
    assert sorted(table.connections.shut_out(ANN)) == ["sub:ann 0", "sub:ann 1"]


@pytest.mark.parametrize("before", range(1, 6))
def test_a_connection_that_opens_meanwhile_is_refused_or_found(table, before):
    """The person is shut out before each call of an opening."""
    calls, found = iter(range(1, 10)), []

    def call(operation, request):
        if next(calls) == before:
            found.extend(table.connections.shut_out(ANN))
            for each in found:
                table.connections.close(each)
        return table.call(operation, request)

    refused = results(lambda _: table.through(call).open("new", ANN, issued=int(NOW)), 1, TicketRefused) != [True]
    assert refused or found == ["new"]
    assert not table.under("connection#new")


class Killed(Exception):
    """The function ended."""


@pytest.mark.parametrize("before", range(1, 6))
def test_a_closing_that_is_killed_before_any_call_is_found_under_its_caller_and_completed(table, before):
    calls = iter(range(1, 10))

    def call(operation, request):
        if next(calls) == before:
            raise Killed
        return table.call(operation, request)

    table.connections.open("one", ANN, issued=int(NOW))
    for topic in ("users", "users/one"):
        table.connections.subscribe("one", topic)
    with pytest.raises(Killed):
        table.through(call).close("one")
    for each in table.connections.shut_out(ANN):
        table.connections.close(each, ANN)
    assert [of for of in (*PLACES, of_caller(ANN)) if table.under(of)] == []


PLACES = ("connection#one", of_topic("users"), of_topic("users/one"))


def test_a_closing_of_a_connection_that_nobody_knows_writes_nothing(table):
    asked = []
    table.through(lambda operation, request: asked.append(operation) or table.call(operation, request)).close("none")
    assert asked == ["GetItem"]


def test_a_machine_is_never_shut_out_so_nothing_is_read(table):
    asked = []

    def call(operation, request):
        asked.append(operation)
        return table.call(operation, request)

    table.through(call).open("one", "client:machine")
    assert "GetItem" not in asked


def test_the_mark_is_written_before_the_connections_are_read(table):
    asked = []

    def call(operation, request):
        asked.append(operation)
        return table.call(operation, request)

    table.through(call).shut_out(ANN)
    assert asked == ["PutItem", "Query"]


OPENING = """        self._put(mine, expiresAt=now + OPENING_SECONDS)
        if self._count(caller) > MOST_OF_CALLER:
            self._delete(mine)
            raise TooManyConnections
        restricted = {"only": only} if only else {}
        self._put(connection_key(connection_id), caller=caller, expiresAt=now + KEPT_SECONDS, **restricted)
        if issued <= self._shut_out_at(caller):
"""
OF_TOPICS = "self._delete(*(key(of_topic(topic), connection_id) for topic in topics), connection_key(connection_id))"
TOPICS_LAST = "self._delete(connection_key(connection_id), *(key(of_topic(topic), connection_id) for topic in topics))"
CLOSING = f"            {OF_TOPICS}\n"
killed_before = test_a_closing_that_is_killed_before_any_call_is_found_under_its_caller_and_completed
WRONG = {
    "the item under the caller goes first": (
        CLOSING,
        CLOSING.replace(OF_TOPICS, f"self._delete(key(of_caller(caller), connection_id))\n            {OF_TOPICS}"),
        lambda table: killed_before(table, 3),
    ),
    "the topics go last": (
        CLOSING,
        CLOSING.replace(OF_TOPICS, TOPICS_LAST),
        lambda table: killed_before(table, 3),
    ),
    "what is found under a caller stays there": (
        "        if caller:\n            self._delete(key(of_caller(caller)",
        "        if found:\n            self._delete(key(of_caller(caller)",
        lambda table: killed_before(table, 5),
    ),
    "a ticket from before opens a connection": (
        "if issued <= self._shut_out_at(caller):",
        "if issued < self._shut_out_at(caller) - 60:",
        test_a_ticket_from_before_a_person_was_shut_out_opens_nothing,
    ),
    "what was refused can still subscribe": (
        "            self._delete(connection_key(connection_id), mine)\n",
        "",
        test_a_ticket_from_before_a_person_was_shut_out_opens_nothing,
    ),
    "the connections are read before the mark is written": (
        """        self._put(shut_out_key(caller), at=now, expiresAt=now + SHUT_OUT_SECONDS)
        return list(self._of(of_caller(caller)))
""",
        """        found = list(self._of(of_caller(caller)))
        self._put(shut_out_key(caller), at=now, expiresAt=now + SHUT_OUT_SECONDS)
        return found
""",
        test_the_mark_is_written_before_the_connections_are_read,
    ),
    "the mark is read before the connection is written": (
        OPENING,
        f"        at = self._shut_out_at(caller)\n{OPENING}".replace("<= self._shut_out_at(caller)", "<= at"),
        lambda table: test_a_connection_that_opens_meanwhile_is_refused_or_found(table, 2),
    ),
    "all are counted before the connection is written": (
        """        self._put(mine, expiresAt=now + OPENING_SECONDS)
        if self._count(caller) > MOST_OF_CALLER:
            self._delete(mine)
""",
        "        if self._count(caller) >= MOST_OF_CALLER:\n",
        test_connections_that_open_at_once_never_exceed_the_limit,
    ),
    "one more connection fits": (
        "> MOST_OF_CALLER",
        "> MOST_OF_CALLER + 1",
        test_the_last_connection_opens_and_one_more_does_not,
    ),
    "the last connection does not fit": (
        "> MOST_OF_CALLER",
        ">= MOST_OF_CALLER",
        test_the_last_connection_opens_and_one_more_does_not,
    ),
    "what was refused stays": (
        "            self._delete(mine)\n",
        "",
        test_the_last_connection_opens_and_one_more_does_not,
    ),
    "what has expired counts": (
        'pages(self._call, "Query", self._living(query))',
        'pages(self._call, "Query", query)',
        test_connections_whose_end_nobody_told_count_until_they_expire,
    ),
    "what a failure leaves counts for hours": (
        "expiresAt=now + OPENING_SECONDS",
        "expiresAt=now + KEPT_SECONDS",
        lambda table: test_what_a_failure_leaves_counts_for_a_minute_at_most(table, 2),
    ),
    "one more subscription fits": (
        "size(topics) < :most",
        "size(topics) <= :most",
        test_the_last_subscription_fits_and_one_more_does_not,
    ),
    "a subscription that is there counts again": (
        "contains(topics, :topic)",
        "contains(topics, :now)",
        test_a_subscription_that_is_there_already_always_fits,
    ),
    "a person subscribes to the record of another": (
        'OR #only = :topic"',
        'OR attribute_exists(#only)"',
        lambda table: test_a_connection_of_one_topic_subscribes_to_no_other(table, "users"),
    ),
    "a connection that has expired is subscribed": (
        'f"{LIVING} AND ({FITS})',
        'f"(expiresAt > :now OR expiresAt <= :now) AND ({FITS})',
        lambda table: test_a_connection_that_is_closed_or_has_expired_changes_nothing(table, "subscribe"),
    ),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_version_is_caught(emulator, fault):
    old, new, test = WRONG[fault]
    assert TEXT.count(old) == 1
    with pytest.raises((AssertionError, pytest.fail.Exception, TooManyConnections, TooManySubscriptions)):
        test(Table(emulator, version_of(TEXT.replace(old, new))))
