"""What a recorder of the trail must keep, as one function: a wrong recorder fails it.

The events are those of the real publisher, made of the records of a user's life.
"""

from __future__ import annotations

import contextlib
import itertools
import json

from audit.form import HEAD
from audit.signatures import PublicKey
from audit.trail import ForgedHead, NotAppended
from dynamodb.errors import Unavailable
from dynamodb.values import from_item, to_item
from operate.audit_trail.audit import Verification, query
from operate.audit_trail.remembered import Remembered
from tests.unit.consumers.records import record, user
from users.events import event_in

CLOCK = 1_795_953_600.0
ANN = {"name": "Ann Lee", "email": "ann.lee@example.com", "age": 41}
CALLER = {"type": "key", "id": "abc"}


def life(person=ANN, actor=CALLER):
    """The events of a user who is created, changed three times and deleted."""
    images = [
        {**person},
        {**person, "name": person["name"] + "x"},
        {**person, "name": person["name"] + "x", "email": "x" + person["email"]},
        {**person, "name": person["name"] + "x", "email": "x" + person["email"], "age": person["age"] + 1},
    ]
    items = [None, *(user(**image, version=version) for version, image in enumerate(images, 1)), None]
    records = [record(old, new) for old, new in itertools.pairwise(items)]
    events = [event_in(each, lambda *_: actor) for each in records]
    for event in events:
        event.detail["actor"] = actor
    return events


class Stand:
    """A recorder over a table of its own, and an attacker's view of the table."""

    def __init__(self, recorder, call, table, key):
        self.recorder, self.call, self.table, self.key = recorder, call, table, key

    def over(self, call):
        return self.recorder(call, self.table, self.key, clock=lambda: CLOCK)

    def record(self, events, call=None):
        """Each event until it is acknowledged, as a queue does."""
        trail = self.over(call or self.call)
        for event in events:
            for _ in range(5):
                with contextlib.suppress(NotAppended, Unavailable):
                    trail.append(event.type, event.detail)
                    break

    def items(self, user_id):
        return [from_item(item) for item in query(self.call, self.table, user_id)]

    def faults(self):
        with Remembered(None) as nothing:
            return Verification(self.call, self.table, PublicKey(self.key.public()), nothing).run(None)


def check(stand, events):
    """The trail has each event once, says who did what, and verifies."""
    user_id = events[0].user_id
    entries = [item for item in stand.items(user_id) if item["place"].startswith("entry#")]
    told = {
        entry["eventId"]: (entry["type"], entry["userVersion"], entry["actor"], entry["changed"]) for entry in entries
    }
    assert len(entries) == len(told) == len(events)
    for event in events:
        detail = event.detail
        actor = ":".join(detail["actor"].values())
        assert told[detail["id"]] == (event.type, detail["userVersion"], actor, " ".join(detail["changed"]))
    assert stand.faults() == 0


def repeated(stand):
    events = life()
    stand.record([*events, *events, *events[::-1], *events * 10])
    check(stand, events)


def late_and_in_reverse(stand):
    events = life()
    stand.record(events[::-1])
    check(stand, events)


def interrupted(stand):
    """Each call fails once, before or after it took effect; the queue sends the message again."""
    events = life()
    for after in (False, True):
        for number in range(3):
            stand.record(events[: number + 2], failing(stand.call, number, after))
    stand.record(events)
    check(stand, events)


def failing(call, number, after):
    """A call whose request with this number loses its answer, or is not made at all."""
    count = iter(range(1_000))

    def made(operation, request):
        fails = next(count) == number
        if fails and not after:
            raise Unavailable("lost")
        answer = call(operation, request)
        if fails:
            raise Unavailable("lost")
        return answer

    return made


def at_once(stand):
    """Another invocation appends between the read and the write of each entry."""
    events = life()
    other = stand.over(stand.call)
    waiting = [events[1], events[3]]

    def overtaken(operation, request):
        if operation == "TransactWriteItems" and waiting:
            event = waiting.pop()
            other.append(event.type, event.detail)
        return stand.call(operation, request)

    stand.record([events[0], events[2], events[4]], overtaken)
    check(stand, events)


def without_personal_data(stand):
    """No part of a person is in the bytes, and they are the same for another person: not even a hash is in them."""
    events = life(actor={"type": "person", "id": ANN["email"]})
    stand.record(events)
    stored = json.dumps(stand.items(events[0].user_id))
    assert not any(str(part) in stored for part in (ANN["name"], ANN["email"], "Lee", "ann.lee"))
    assert "erased" not in stored
    return stored


def of_nobody_in_particular(stand, second):
    other = {"name": "Bea Ray", "email": "bea@other.example", "age": 77}
    stand.record(life())
    second.record(life(other))
    assert stand.items(life()[0].user_id) == second.items(life(other)[0].user_id)


def after_a_forged_head(stand):
    events = life()
    stand.record(events[:2])
    user_id = events[0].user_id
    head = next(item for item in stand.items(user_id) if item["place"] == HEAD)
    stand.call("PutItem", {"TableName": stand.table, "Item": to_item({**head, "entries": 9})})
    try:
        stand.over(stand.call).append(events[2].type, events[2].detail)
    except ForgedHead:
        return
    raise AssertionError("an entry follows a forged head")


def nothing_is_written_over(stand):
    events = life()
    stand.record(events[:2])
    user_id = events[0].user_id
    before = [item for item in stand.items(user_id) if item["place"].startswith("entry#")]
    stand.call("DeleteItem", {"TableName": stand.table, "Key": to_item({"userId": user_id, "place": HEAD})})
    with contextlib.suppress(NotAppended):
        stand.over(stand.call).append(events[2].type, events[2].detail)
    assert [item for item in stand.items(user_id) if item["place"].startswith("entry#")] == before


ALONE = (
    repeated,
    late_and_in_reverse,
    interrupted,
    at_once,
    without_personal_data,
    after_a_forged_head,
    nothing_is_written_over,
)
