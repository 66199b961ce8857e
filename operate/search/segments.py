"""A table read in segments, several at once, at a bounded rate, and continued where it was interrupted."""

from __future__ import annotations

import argparse
import json
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from operate.database import Call

SEGMENTS = 64
MOST_AT_ONCE = 100
_WORK = "work"


class WrongState(Exception):
    """The file of --state is of other work."""


class Rate:
    """Lets so many things happen in a second, all threads together."""

    def __init__(self, per_second: int) -> None:
        self._seconds = 1 / max(1, per_second)
        self._lock = threading.Lock()
        self._next = time.monotonic()

    def wait(self, count: int) -> None:
        """Wait until so many may happen."""
        with self._lock:
            self._next = max(self._next, time.monotonic()) + self._seconds * count
            turn = self._next
        time.sleep(max(0.0, turn - time.monotonic()))


class Segments:
    """One run over a table. `request` is that of its Scans, and `work` says what is done, for the file of --state."""

    def __init__(self, call: Call, request: dict[str, Any], options: argparse.Namespace, work: str) -> None:
        self._call, self._request, self._options, self._work = call, request, options, work
        self._state = Path(options.state) if options.state else None
        self._lock = threading.Lock()
        self._places: dict[str, Any] = {}

    def run(self, page: Callable[[list[dict[str, Any]]], None]) -> None:
        """Give `page` the items, some at a time. Raises WrongState."""
        self._places = self._remembered()
        with ThreadPoolExecutor(max(1, self._options.readers)) as readers:
            list(readers.map(lambda segment: self._segment(segment, page), range(SEGMENTS)))

    def _segment(self, segment: int, page: Callable[[list[dict[str, Any]]], None]) -> None:
        own = {"Limit": MOST_AT_ONCE, "Segment": segment, "TotalSegments": SEGMENTS}
        place = self._places.get(str(segment))
        while place != "done":
            start = {"ExclusiveStartKey": place} if place else {}
            answer = self._call("Scan", {**self._request, **own, **start})
            page(answer["Items"])
            place = answer.get("LastEvaluatedKey") or "done"
            self._remember(segment, place)

    def _remembered(self) -> dict[str, Any]:
        if not self._state or not self._state.exists():
            return {_WORK: self._work}
        places = dict(json.loads(self._state.read_text()))
        if places.get(_WORK) != self._work:
            raise WrongState(f"{self._state} is of other work: {places.get(_WORK)}")
        return places

    def _remember(self, segment: int, place: Any) -> None:
        with self._lock:
            self._places[str(segment)] = place
            if self._state and self._options.write:
                new = self._state.with_suffix(".new")
                new.write_text(json.dumps(self._places))
                os.replace(new, self._state)
