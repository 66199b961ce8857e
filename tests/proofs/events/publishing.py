"""What the publisher promises, whatever the bus does: nothing is lost, and the events of a user stay in order."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.proofs.events.running import Outcome, Running, identifier
from tests.proofs.system import System
from tests.unit.consumers.records import record, user

USERS = 3
LIVES = 3  # records of a user
ROUNDS = 20  # invocations at most until the stream is done
Codes = list[str | None]
Script = Callable[[int, list[dict[str, Any]]], Codes]
Change = dict[str, Any]


class Crash(BaseException):
    """The end of the process."""


class Bus:
    """The API of EventBridge. `script(call, details)` has a code for each entry that is refused, or raises."""

    def __init__(self, script: Script | None = None, lost: Callable[[int], bool] = lambda _call: False) -> None:
        self.script, self.lost = script or healthy, lost
        self.calls = 0
        self.taken: list[dict[str, Any]] = []
        self.crash_after = 0

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - the name in the API
        """Take what the script does not refuse."""
        self.calls += 1
        details = [json.loads(entry["Detail"]) for entry in Entries]
        assert len({it["userId"] for it in details}) == len(details), "one call has two events of a user"
        codes = self.script(self.calls, details)
        self.taken += [detail for detail, code in zip(details, codes, strict=True) if code is None]
        if self.calls == self.crash_after:
            raise Crash
        if self.lost(self.calls):
            raise ReadTimeoutError(endpoint_url="http://127.0.0.1")
        return {"Entries": [{"ErrorCode": code} if code else {"EventId": "1"} for code in codes]}


def healthy(_call: int, details: list[dict[str, Any]]) -> Codes:
    """Everything is taken."""
    return [None] * len(details)


def refusing(code: str, place: tuple[str, int], times: int) -> Script:
    """One event is refused so often."""
    left = itertools.count(times, -1)

    def script(_call: int, details: list[dict[str, Any]]) -> Codes:
        return [code if (it["userId"], it["userVersion"]) == place and next(left) > 0 else None for it in details]

    return script


def throttling(calls: Sequence[int]) -> Script:
    """These calls are throttled as a whole."""

    def script(call: int, details: list[dict[str, Any]]) -> Codes:
        if call in calls:
            error = {"Error": {"Code": "ThrottlingException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
            raise ClientError(error, "PutEvents")  # type: ignore[arg-type]
        return healthy(call, details)

    return script


def changes() -> list[Change]:
    """The records of some users that are created, changed and deleted, one after the other in turn."""
    lives = []
    for _ in range(USERS):
        first = user(userId=str(uuid.uuid4()))
        second = {**first, "name": "Ann Lee", "version": 2, "lastWrite": "token-2"}
        lives.append([record(None, first), record(first, second), record(second, None)])
    return [change for turn in zip(*lives, strict=True) for change in turn]


def places(stream: list[Change]) -> list[tuple[str, int]]:
    """The user and the version of each change."""
    return [(it["dynamodb"]["Keys"]["userId"]["S"], number // USERS + 1) for number, it in enumerate(stream)]


def published(running: Running, stream: Sequence[Change], bus: Bus) -> list[tuple[str, str]]:
    """Hand over a stream as Lambda does, until it is done; what was set aside."""
    rest, aside = list(stream), []
    for _ in range(ROUNDS):
        try:
            outcome = handed_over(running, rest, bus)
        except Crash:
            continue
        aside += outcome.aside
        if not outcome.failed:
            return aside
        rest = rest[[identifier(it) for it in rest].index(outcome.failed[0]) :]
    raise AssertionError(f"the stream is not done after {ROUNDS} invocations")


def handed_over(running: Running, records: Sequence[Change], bus: Bus) -> Outcome:
    """One invocation."""

    def wire(system: System) -> None:
        adapter = system.module("adapters.event_bus").EventBus(bus, "bus", "users-api")
        system.module("consumers.wiring")._built["bus"] = adapter

    return running.invoke(records, wire=wire)


def assert_published(bus: Bus, stream: list[Change], without: Sequence[tuple[str, int]] = ()) -> None:
    """Each change is on the bus under one id, those of a user first in their order; `without` are not there."""
    ids: dict[str, tuple[str, int]] = {it["id"]: (it["userId"], it["userVersion"]) for it in bus.taken}
    expected = [place for place in places(stream) if place not in without]
    assert sorted(ids.values()) == sorted(expected), f"{len(ids)} ids for {len(expected)} events"
    for who in {who for who, _ in expected}:
        seen = list(
            dict.fromkeys(version for it in bus.taken if it["userId"] == who for version in [it["userVersion"]])
        )
        assert seen == sorted(seen), f"the versions of a user arrive as {seen}"


# -- promises --------------------------------------------------------------------------------------------------------


def a_repeated_stream_has_the_same_events(running: Running) -> None:
    """Records that come twice and ten times make the same ids."""
    stream, bus = changes(), Bus()
    for _ in range(10):
        assert published(running, stream, bus) == []
    assert_published(bus, stream)


def an_event_that_is_refused_once_keeps_its_place(running: Running) -> None:
    """Any event may be refused for a while; it is sent again, before the next of its user."""
    for at in range(USERS * LIVES):
        stream = changes()
        bus = Bus(refusing("InternalFailure", places(stream)[at], 2))
        assert published(running, stream, bus) == [], f"what the bus took later is set aside (at {at})"
        assert_published(bus, stream)


def an_event_that_is_refused_for_good_stops_nothing(running: Running) -> None:
    """Any event may be refused for good; it alone goes to the dead-letter queue."""
    for at in range(USERS * LIVES):
        stream = changes()
        bus = Bus(refusing("MalformedDetail", places(stream)[at], 1))
        aside = [(json.loads(body)["record"], reason) for body, reason in published(running, stream, bus)]
        assert aside == [(stream[at], "the bus refuses the event: MalformedDetail")], aside
        assert_published(bus, stream, without=[places(stream)[at]])


def an_outage_loses_nothing(running: Running) -> None:
    """The bus may throttle for one call or a whole invocation; nothing is set aside."""
    for calls in ([1], [2], [3], [1, 2, 3, 4, 5], [2, 3, 4, 5, 6]):
        stream, bus = changes(), Bus(throttling(calls))
        assert published(running, stream, bus) == [], f"an outage sets records aside (calls {calls})"
        assert_published(bus, stream)


def a_lost_answer_repeats_the_same_events(running: Running) -> None:
    """The bus may take a call whose answer never comes."""
    for at in (1, 2, 3):
        stream, bus = changes(), Bus(lost=lambda call, at=at: call == at)  # type: ignore[misc]
        assert published(running, stream, bus) == []
        assert_published(bus, stream)


def a_crash_repeats_the_same_events(running: Running) -> None:
    """The process may end between the effect and the acknowledgement."""
    for at in (1, 2, 3):
        stream, bus = changes(), Bus()
        bus.crash_after = at
        assert published(running, stream, bus) == []
        assert_published(bus, stream)


def a_poison_record_stops_nothing(running: Running) -> None:
    """A record that is none, or of an item that is no user, may stand anywhere."""
    for at in range(USERS * LIVES + 1):
        for poison, set_aside in (({"eventName": "RENAME", "dynamodb": {}}, 1), (record(None, {"userId": "x"}), 0)):
            stream, bus = changes(), Bus()
            poison.setdefault("eventSource", "aws:dynamodb")
            aside = published(running, [*stream[:at], poison, *stream[at:]], bus)
            assert [json.loads(body)["record"] for body, _ in aside] == [poison] * set_aside
            assert_published(bus, stream)
