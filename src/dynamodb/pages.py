"""The pages of a Query or a Scan."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any


def pages(
    call: Callable[[str, dict[str, Any]], dict[str, Any]], operation: str, request: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """One page after the other, each read when it is asked for."""
    start: dict[str, Any] = {}
    while True:
        page = call(operation, {**request, **start})
        yield page
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
