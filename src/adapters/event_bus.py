"""EventBridge: one bus that takes events."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    Entry = tuple[str, str]  # type and detail

# Entries and bytes of one call: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
MOST_ENTRIES, MOST_BYTES = 10, 256_000
PER_ENTRY = 200  # bytes of what stands around type and detail, at most
# Refusals that are about the entry: the same entry is refused again. All others may pass.
OF_THE_ENTRY = frozenset({
    "InvalidArgument",
    "MalformedDetail",
    "NotAuthorizedForDetailTypeException",
    "NotAuthorizedForSourceException",
    "ValidationException",
})  # fmt: skip


class Refusal:
    """The bus did not take an entry: the code, and whether it never will."""

    __slots__ = ("code", "for_good")

    def __init__(self, code: str, for_good: bool = False) -> None:
        self.code = code
        self.for_good = for_good


class EventBus:
    """A bus, by its name, for events of one source. `client` is one of EventBridge that tries once."""

    def __init__(self, client: Any, name: str, source: str) -> None:
        self._client = client
        self._fields = {"EventBusName": name, "Source": source}

    def put(self, entries: Sequence[Entry]) -> list[Refusal | None]:
        """Send some entries, `fitting` at most; for each its refusal or None. One attempt: who calls may repeat it."""
        sent = [{**self._fields, "DetailType": type_, "Detail": detail} for type_, detail in entries]
        try:
            taken = self._client.put_events(Entries=sent)["Entries"]
        except ClientError as error:
            code = str(error.response["Error"]["Code"])
            # The code does not say which of several entries it means.
            return [Refusal(code, len(sent) == 1 and code in OF_THE_ENTRY)] * len(sent)
        except BotoCoreError as error:  # no connection, no response in time
            return [Refusal(type(error).__name__)] * len(sent)
        return [_refusal(entry.get("ErrorCode")) for entry in taken]

    def fitting(self, entries: Sequence[Entry]) -> int:
        """How many of the first entries fit into one call; one always does, which the bus may refuse."""
        size = 0
        for number, (type_, detail) in enumerate(entries[:MOST_ENTRIES]):
            size += len(type_) + len(detail.encode()) + PER_ENTRY
            if size > MOST_BYTES and number:
                return number
        return min(len(entries), MOST_ENTRIES)


def _refusal(code: str | None) -> Refusal | None:
    return Refusal(code, code in OF_THE_ENTRY) if code else None
