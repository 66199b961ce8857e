"""SQS's queues in the journal: the queues themselves, and each message as it comes, changes and goes.

A record is JSON with one of these fields:

    queues    all queues without their messages; what a queue counts is left out
    messages  [{queue: [account, region, URL], whole?, added, changed, gone}, ...]
              added: messages; changed: [[id, value of each of MOVING], ...]; gone: ids; whole: nothing else is there

A message is written once, however many wait. Older versions wrote the whole state with each request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from local.aws.emulator.internals import App, Scope, entries
from local.aws.tables.records import dump, parts

# A message that is received, or whose visibility changes, changes in these.
MOVING = ("visible_at", "receipt_handle", "receive_count", "first_receive_at")
# The names of attributes that ministack counts for each response begin so.
COUNTED = "Approximate"

# In a longer queue, a request records what it has sent, and the sweep records what was received and deleted. A message
# that was deleted can then come again after a crash, as SQS allows.
MANY = 1000
QUEUES, MESSAGES = b'{"queues":', b'{"messages":'

Message = dict[str, Any]
Mark = tuple[Any, ...]
Queue = dict[str, Any]
Seen = dict[str, tuple[Mark, Message]]  # the recorded messages of one queue, by id
Difference = tuple[list[Message], list[list[Any]], list[str]]  # messages, changes and ids as in a record


class QueueRecorder:
    """Records the queues through `append`."""

    def __init__(self, app: App, append: Callable[[bytes], int]) -> None:
        self.app = app
        self.append = append
        self.recorded = b""
        self.seen: dict[Scope, Seen] = {}

    def record(self, *, quick: bool = False) -> None:
        """Record what has changed. `quick` leaves to a later call what was received or deleted in long queues."""
        found = dict(entries(self.app.queues))
        definitions = self.definitions(found)
        if definitions != self.recorded and (found or self.recorded):
            self.recorded = definitions
            self.append(definitions)
        self.seen = {scope: seen for scope, seen in self.seen.items() if scope in found}
        differences = [self.difference(scope, list(queue["messages"]), quick) for scope, queue in found.items()]
        if changes := [each for each in differences if each]:
            self.append(self.dumped(changes))

    def definitions(self, found: Mapping[Scope, Queue]) -> bytes:
        """All queues without their messages, as a record."""
        queues = type(self.app.queues)()
        for scope, queue in found.items():
            attributes = {name: it for name, it in queue["attributes"].items() if not name.startswith(COUNTED)}
            rest = {name: value for name, value in queue.items() if name != "messages"}
            entries(queues)[scope] = {**rest, "attributes": attributes}
        return dump({"queues": queues}, self.app.json.default)

    def difference(self, scope: Scope, messages: list[Message], quick: bool) -> dict[str, Any] | None:
        """The changes of one queue that are not recorded yet; None if there are none."""
        seen = self.seen.get(scope)
        if seen is None:
            self.seen[scope] = {message["id"]: (mark(message), message) for message in messages}
            return {"queue": scope, "whole": True, "added": messages, "changed": [], "gone": []}
        found = self.sent if quick and len(messages) > MANY else self.compared
        added, changed, gone = found(seen, messages)
        for message in added:
            seen[message["id"]] = (mark(message), message)
        if not (added or changed or gone):
            return None
        return {"queue": scope, "added": added, "changed": changed, "gone": gone}

    def sent(self, seen: Seen, messages: list[Message]) -> Difference:
        """The messages at the end that are new: no other place is for new ones."""
        count = next((count for count, each in enumerate(reversed(messages)) if each["id"] in seen), len(messages))
        return messages[len(messages) - count :], [], []

    def compared(self, seen: Seen, messages: list[Message]) -> Difference:
        """The messages that came, changed and went since. `seen` learns of the last two."""
        added, changed, there = [], [], set()
        for message in messages:
            name = message["id"]
            there.add(name)
            if name not in seen:
                added.append(message)
            elif (now := mark(message)) != seen[name][0]:
                changed.append([name, *now])
                seen[name] = (now, message)
        gone = [name for name in seen if name not in there] if len(seen) + len(added) > len(there) else []
        for name in gone:
            del seen[name]
        return added, changed, gone

    def take_back(self) -> None:
        """The last record may be lost: record everything again."""
        self.recorded, self.seen = b"", {}

    def snapshot(self) -> Iterator[bytes]:
        """All that is recorded, as records. Later records have the changes that are made meanwhile."""
        kept = [(scope, [message for _, message in seen.values()]) for scope, seen in self.seen.items()]
        return self.records_of(self.recorded, kept)

    def records_of(self, definitions: bytes, kept: list[tuple[Scope, list[Message]]]) -> Iterator[bytes]:
        """Records small enough not to hold up the other threads while each is made."""
        if definitions:
            yield definitions
        for scope, messages in kept:
            for part in parts(messages):
                yield self.dumped([{"queue": scope, "added": part, "changed": [], "gone": []}])

    def dumped(self, changes: list[dict[str, Any]]) -> bytes:
        """Changes of messages as a record."""
        return dump({"messages": changes}, self.app.json.default)


class QueueReplay:
    """Brings the queues to where their records say."""

    def __init__(self) -> None:
        self.queues: dict[Scope, Queue] = {}
        self.messages: dict[Scope, dict[str, Message]] = {}
        self.store: Any = None  # one of ministack's, to be filled

    def replay(self, record: Mapping[str, Any]) -> None:
        """Do again what a record says."""
        if "queues" in record:
            self.replay_queues(record["queues"])
        for change in record.get("messages", ()):
            self.replay_messages(**change)

    def replay_state(self, state: Mapping[str, Any]) -> None:
        """The whole state that an older version wrote."""
        self.replay_queues(state["queues"])
        self.messages = {
            scope: {message["id"]: message for message in queue["messages"]} for scope, queue in self.queues.items()
        }

    def replay_queues(self, store: Any) -> None:
        """Make the queues what they were; messages stay with theirs."""
        self.store, self.queues = store, entries(store)
        self.messages = {scope: self.messages.get(scope, {}) for scope in self.queues}

    def replay_messages(
        self,
        queue: list[str],
        added: list[Message],
        changed: list[list[Any]],
        gone: list[str],
        whole: bool = False,
    ) -> None:
        """Bring the messages of one queue to where they were."""
        scope = (queue[0], queue[1], queue[2])
        messages = {} if whole else self.messages.setdefault(scope, {})
        self.messages[scope] = messages
        for name in gone:
            messages.pop(name, None)
        for name, *values in changed:
            if name in messages:
                messages[name].update(zip(MOVING, values, strict=True))
        messages.update((message["id"], message) for message in added)

    def state(self) -> dict[str, Any] | None:
        """The state as ministack loads it; None when there is none."""
        if self.store is None:
            return None
        for scope, queue in self.queues.items():
            queue["messages"] = list(self.messages.get(scope, {}).values())
        return {"queues": self.store}


def mark(message: Message) -> Mark:
    """The values of MOVING in a message."""
    return (
        message.get("visible_at"),
        message.get("receipt_handle"),
        message.get("receive_count"),
        message.get("first_receive_at"),
    )
