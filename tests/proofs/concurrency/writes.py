"""Every write that took effect, in order, and what an item was at any moment of an interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Item = dict[str, Any]


@dataclass(frozen=True)
class Write:
    """One item that changed, in plain values; `act` is the request on whose behalf. Moment n is just after write n."""

    moment: int
    table: str
    key: str
    before: Item | None
    after: Item | None
    act: Any


class WriteLog:
    """All writes so far and the items as they are now."""

    def __init__(self) -> None:
        self.writes: list[Write] = []
        self.items: dict[str, dict[str, Item]] = {"users": {}, "keys": {}}
        self._by_item: dict[tuple[str, str], list[Write]] = {}
        self._by_act: dict[int, list[Write]] = {}

    @property
    def now(self) -> int:
        """The moment of the last write."""
        return len(self.writes)

    def add(self, table: str, key: str, before: Item | None, after: Item | None, act: Any) -> None:
        """One write more."""
        write = Write(self.now + 1, table, key, before, after, act)
        self.writes.append(write)
        self._by_item.setdefault((table, key), []).append(write)
        self._by_act.setdefault(id(act), []).append(write)
        if after is None:
            self.items[table].pop(key, None)
        else:
            self.items[table][key] = after

    def of(self, act: Any, table: str) -> list[Write]:
        """The writes made on behalf of a request."""
        return [write for write in self._by_act.get(id(act), []) if write.table == table]

    def during(self, table: str, key: str, start: int, end: int) -> list[Item | None]:
        """Everything that an item was from moment `start` to moment `end`; None where it was not there."""
        states: list[Item | None] = [None]
        for write in self._by_item.get((table, key), []):
            if write.moment <= start:
                states = [write.after]
            elif write.moment <= end:
                states.append(write.after)
        return states

    def throughout(self, table: str, start: int, end: int) -> set[str]:
        """The keys of the items that were there from `start` to `end` without a gap."""
        keys = {key for of, key in self._by_item if of == table}
        return {key for key in keys if None not in self.during(table, key, start, end)}
