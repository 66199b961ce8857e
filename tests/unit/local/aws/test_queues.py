"""SQS's queues in the journal: what is recorded brings them back, and each message is written about once."""

from __future__ import annotations

import json
import random
import types
from typing import Any

import pytest

from local.aws import queues as right
from local.aws.emulator.internals import entries
from tests.support.server import ROOT
from tests.unit.local.aws.stand_ins import Json, Store

STATE_OF_OLD = {"id": "old", "visible_at": 1.0, "receipt_handle": None, "receive_count": 0, "first_receive_at": None}


class Sqs:
    """The queues of ministack, with what can happen to them, and a journal of what is recorded."""

    json = Json()

    def __init__(self, version: Any = right) -> None:
        self.version = version
        self.queues, self.sent = Store(), 0
        self.journal: list[bytes] = []
        self.recorder = version.QueueRecorder(self, self.append)

    def append(self, payload: bytes) -> int:
        self.journal.append(payload)
        return len(self.journal)

    def create(self, name: str) -> dict[str, Any]:
        attributes = {"VisibilityTimeout": "30"}
        made: dict[str, Any] = self.queues.put(name, {"name": name, "attributes": attributes, "messages": []})
        return made

    def send(self, queue: dict[str, Any], count: int = 1) -> None:
        for _ in range(count):
            self.sent += 1
            fresh = {"receipt_handle": None, "receive_count": 0, "first_receive_at": None}
            queue["messages"].append({"id": f"m{self.sent}", "body": "x" * 500, "visible_at": 1.0, **fresh})

    def receive(self, message: dict[str, Any]) -> None:
        message["receive_count"] += 1
        changes = {"visible_at": 31.0, "receipt_handle": f"r{message['receive_count']}", "first_receive_at": 1.0}
        message.update(changes)

    def restored(self, payloads: list[bytes]) -> dict[Any, Any]:
        """All queues as the journal brings them back."""
        replay = self.version.QueueReplay()
        for payload in payloads:
            replay.replay(json.loads(payload, object_hook=self.json.object_hook))
        state = replay.state()
        return entries(state["queues"]) if state else {}


def live(sqs: Sqs, seed: int) -> None:
    """A life of some queues. Whatever is recorded at some moment brings back that moment."""
    chance = random.Random(seed)
    base: list[bytes] = []
    for _ in range(60):
        queues = sqs.queues.all()
        if len(queues) < 2 or chance.random() < 0.05:
            sqs.create(f"q{chance.randrange(4)}")
            continue
        queue = chance.choice(queues)
        messages = queue["messages"]
        act = chance.choice(["send", "send", "receive", "delete", "purge", "move", "drop", "fail", "compact"])
        if act == "send":
            sqs.send(queue, chance.randrange(1, 4))
        elif act == "receive" and messages:
            sqs.receive(chance.choice(messages))
        elif act == "delete" and messages:
            deleted = chance.choice(messages)
            queue["messages"] = [it for it in messages if it is not deleted]
        elif act == "purge" and chance.random() < 0.2:
            messages.clear()
        elif act == "move" and messages:
            moved = dict(messages.pop(0))  # to a dead-letter queue, from where it does not come back
            for dead in queues:
                if dead["name"] == "q0" != queue["name"]:
                    dead["messages"].append(moved)
        elif act == "drop" and chance.random() < 0.2:
            sqs.queues.drop(queue["name"])
        elif act == "fail":
            sqs.journal.pop() if sqs.journal else None
            sqs.recorder.take_back()
        elif act == "compact":
            sqs.recorder.record()
            base, sqs.journal = list(sqs.recorder.snapshot()), []
        if chance.random() < 0.5:
            sqs.recorder.record()
            assert sqs.restored(base + sqs.journal) == entries(sqs.queues)


def lives(version: Any = right) -> None:
    """Many lives."""
    for seed in range(80):
        live(Sqs(version), seed)


def test_what_is_recorded_brings_the_queues_back():
    lives()


WRONG = {
    "what is received is left out": ("changed.append([name, *now])", "pass"),
    "what is deleted is left out": ("for name in seen if name not in there] if", "for name in ()] if"),
    "a lost record is not repeated": ('self.recorded, self.seen = b"", {}', "pass"),
    "what was there stays with a whole queue": ("messages = {} if whole else ", "messages = "),
    "a snapshot has no messages": ("for scope, messages in kept:", "for scope, messages in ():"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_version_that_records_wrongly_is_caught(name):
    old, new = WRONG[name]
    text = (ROOT / "local" / "aws" / "queues.py").read_text()
    assert text.count(old) == 1
    wrong = types.ModuleType("wrong")
    exec(text.replace(old, new), wrong.__dict__)
    with pytest.raises(AssertionError):
        lives(wrong)


def test_each_message_is_written_once_however_many_wait():
    sqs = Sqs()
    queue = sqs.create("long")
    for _ in range(3 * right.MANY):
        sqs.send(queue)
        sqs.recorder.record(quick=True)
    assert sum(map(len, sqs.journal)) < 3 * right.MANY * 1000
    assert sqs.restored(sqs.journal) == entries(sqs.queues)


def test_what_is_sent_to_a_long_queue_is_recorded_at_once_and_the_rest_by_the_sweep():
    sqs = Sqs()
    queue = sqs.create("long")
    sqs.send(queue, 2 * right.MANY)
    sqs.recorder.record()
    sqs.receive(queue["messages"][0])
    del queue["messages"][1]
    sqs.send(queue, 2)
    sqs.recorder.record(quick=True)
    (found,) = sqs.restored(sqs.journal).values()
    assert [it["id"] for it in found["messages"][-2:]] == ["m2001", "m2002"]
    assert (len(found["messages"]), found["messages"][0]["receive_count"]) == (2 * right.MANY + 2, 0)
    sqs.recorder.record()
    assert sqs.restored(sqs.journal) == entries(sqs.queues)


def test_what_a_queue_counts_is_no_change_of_it():
    sqs = Sqs()
    queue = sqs.create("short")
    sqs.recorder.record()
    queue["attributes"]["ApproximateNumberOfMessages"] = "7"
    written = len(sqs.journal)
    sqs.recorder.record()
    assert len(sqs.journal) == written


def test_the_whole_state_of_an_older_version_comes_back():
    sqs = Sqs()
    sqs.create("old")["messages"].append(dict(STATE_OF_OLD))
    replay = right.QueueReplay()
    replay.replay_state({"queues": sqs.queues, "queue_name_to_url": {}})
    change = {"queue": ["000000000000", "us-east-1", "old"], "added": [], "changed": [], "gone": ["old"]}
    assert [it["messages"] for it in entries(replay.state()["queues"]).values()] == [[STATE_OF_OLD]]
    replay.replay({"messages": [change]})
    assert [it["messages"] for it in entries(replay.state()["queues"]).values()] == [[]]


def test_nothing_is_recorded_while_there_is_no_queue():
    sqs = Sqs()
    sqs.recorder.record()
    assert (sqs.journal, list(sqs.recorder.snapshot()), right.QueueReplay().state()) == ([], [], None)
