"""A rate that rows are not faster than."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any


def paced(
    rows: Iterable[Any], rate: float, clock: Callable[[], float], sleep: Callable[[float], None]
) -> Iterator[Any]:
    """The rows, at most `rate` a second on average since the first. `clock` and `sleep` are in seconds."""
    begun = clock()
    for number, row in enumerate(rows):
        early = begun + number / rate - clock()
        if early > 0:
            sleep(early)
        yield row
