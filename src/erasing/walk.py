"""An erasure goes through the places of a person: it empties each, a page at a time, and counts the items.

Each page is counted in the receipt before it is removed. A function that ends in between finds the rest of the page,
and keeps the greater count. Removing twice is harmless. The second round begins when every request that had started
before the record went is over, and finds what such a request wrote.
"""

from __future__ import annotations

from erasing.receipts import COMPLETED, KEPT_SECONDS, person_of, progress_of, renewed
from utils.timestamps import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Protocol

    from erasing.person import Person
    from erasing.receipts import Progress, Receipt, Receipts

    class Place(Protocol):
        """Somewhere that has something of a person. Erasing and verifying use the same `find`."""

        name: str

        def find(self, person: Person, after: str | None) -> tuple[Sequence[Any], str | None]:
            """The items of the person on one page, and where the next page begins, if there is one."""

        def remove(self, person: Person, found: Sequence[Any]) -> None:
            """Remove them. An item that is gone already is no error."""


ROUNDS = 2
SETTLE_SECONDS = 30  # no request takes longer
LEAST_SECONDS = 3.0  # a page, or the removal of some items, takes no longer
MOST_AT_ONCE = 100  # items


class Walk:
    """Goes through `places`. `remaining()` is the time in seconds that the function still has.

    `failures` are the exceptions of a place that is throttled or out of reach: the others do not wait for it.
    `completed(receipt)` runs before a receipt says that it is completed, and may run twice.
    """

    def __init__(
        self,
        receipts: Receipts,
        places: Sequence[Place],
        *,
        failures: tuple[type[Exception], ...],
        remaining: Callable[[], float],
        clock: Callable[[], float],
        completed: Callable[[Receipt], None],
        dates: Callable[[float], str],
    ) -> None:
        self._receipts = receipts
        self._places = places
        self._failures = failures
        self._remaining = remaining
        self._clock = clock
        self._completed = completed
        self._dates = dates

    def go_on(self, receipt: Receipt) -> None:
        """Go on until the round, or the time, is over: the next turn goes on. Raises the first failure, Overtaken."""
        person, progress = person_of(receipt), progress_of(receipt)
        failed: list[Exception] = []
        for place in self._places:
            state = progress.setdefault(place.name, {"erased": 0})
            try:
                while not state.get("done"):
                    if self._remaining() < LEAST_SECONDS:
                        self._receipts.save(receipt, progress, **self._receipts.next_turn(receipt))
                        return
                    self._page(place, person, state, receipt, progress)
            except self._failures as error:
                failed.append(error)
        if failed:
            raise failed[0]
        self._end_round(receipt, progress)

    def _page(self, place: Place, person: Person, state: dict[str, Any], receipt: Receipt, progress: Progress) -> None:
        found, after = place.find(person, state.get("after"))
        if found:
            state["page"] = max(len(found), state.get("page", 0))
            self._receipts.save(receipt, progress)
        for start in range(0, len(found), MOST_AT_ONCE):
            if self._remaining() < LEAST_SECONDS:
                return
            place.remove(person, found[start : start + MOST_AT_ONCE])
        counted = state.pop("page", 0)  # also where an earlier function ended behind the removal
        state["erased"] += counted
        state["after"], state["at"] = after, rfc3339(self._clock())
        if after is None:
            del state["after"]
            state["done"] = True
        if counted or after is None:
            self._receipts.save(receipt, progress)

    def _end_round(self, receipt: Receipt, progress: Progress) -> None:
        if receipt["round"] < ROUNDS:
            later = self._receipts.next_turn(receipt, SETTLE_SECONDS)
            self._receipts.save(receipt, renewed(progress), round=receipt["round"] + 1, **later)
            return
        self._completed(receipt)
        now = self._clock()
        self._receipts.save(
            receipt,
            renewed(progress),
            status=COMPLETED,
            completedAt=rfc3339(now),
            expiresAt=int(now) + KEPT_SECONDS,
            forgets=self._dates(now),
        )


def left(place: Place, person: Person, remaining: Callable[[], float]) -> int | None:
    """How much a place has of a person now; None if the time is over before all of it is seen."""
    count, after = 0, None
    while remaining() > LEAST_SECONDS:
        found, after = place.find(person, after)
        count += len(found)
        if after is None:
            return count
    return None
