"""The entries of a search in their order, read from all partitions at once and no more of them than needed."""

from __future__ import annotations

from heapq import merge
from itertools import islice
from operator import itemgetter

from search.entries import BY_CREATED, BY_NAME, SHARDS, Entry
from search.query import Range

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from search.query import Beginning, Query, Rank
    from search.skipping import Skipping
    from users.reading import Call

    Found = Iterator[tuple[Rank, Entry]]

# The names of the key of the table and of its two indexes.
KEYS = {
    "": ("shard", "place"),
    BY_CREATED: ("createdShard", "createdPlace"),
    BY_NAME: ("nameShard", "namePlace"),
}
# The bound of a page's work: it ends after so many entries, full or not.
MOST_EXAMINED = 2_000
# Entries of a word that a page reads and sorts itself, rather than following the order; the second number is for
# orders in which it cannot skip.
FEW, RATHER_FEW = 50, 500
_SPARE = 3  # entries that a page reads ahead in each partition
_MOST_AT_ONCE = 250


class Walk:
    """One page of a search that began at `started`. `at` is the position of the last entry that was examined."""

    def __init__(self, call: Call, table: str, query: Query, limit: int, started: str) -> None:
        self._call, self._table, self._query = call, table, query
        self._limit, self._started = limit, started
        self._left = MOST_EXAMINED
        self._skipping: Skipping | None = None
        self.at: Rank | None = None

    @property
    def worn_out(self) -> bool:
        """Whether the page has ended because of its work and not because of its entries."""
        return self._left <= 0

    def entries(self, after: Rank | None) -> Found:
        """The entries of users that the index says are found, behind a position."""
        few = self._sorted()
        for rank, entry in self._all(after) if few is None else few:
            if not self._query.beyond(rank, after):
                continue
            if self.worn_out:
                return
            self._left -= 1
            self.at = rank
            if few is not None or self._at_home(rank, entry):
                yield rank, entry

    def _at_home(self, rank: Rank, entry: Entry) -> bool:
        """Whether this search shows the user of an entry at this entry, and not at another one."""
        return self._query.home_of(entry, self._started) == rank and not self._query.says_no(entry)

    def _all(self, after: Rank | None) -> Found:
        ranges = list(self._query.ranges(after))
        streams = [self._stream(each) for each in ranges]
        return merge(*streams, key=itemgetter(0), reverse=self._query.descending)

    def _sorted(self) -> list[tuple[Rank, Entry]] | None:
        """All entries in their order, if a word of the search has so few that this is less work than following it."""
        beginnings = self._query.beginnings_to_skip_by()
        few = self._few(FEW) if beginnings else None
        if few is None and not self._can_skip(beginnings):
            few = self._few(RATHER_FEW)
        return few

    def _few(self, most: int) -> list[tuple[Rank, Entry]] | None:
        """All entries with a word of the search that few users have, in the order; None if there is no such word."""
        for ranges in self._query.ranges_of_few():
            read = (entry for each in ranges for _, entry in self._stream(each, most + 1))
            entries = list(islice(read, most + 1))
            if len(entries) <= most:
                homes = ((self._query.home_of(entry, self._started), entry) for entry in entries)
                users = {entry.user_id: (home, entry) for home, entry in homes if home}
                return sorted(users.values(), key=itemgetter(0), reverse=self._query.descending)
        return None

    def _can_skip(self, beginnings: list[Beginning]) -> bool:
        """Whether these words say which entries cannot match."""
        if not beginnings:
            return False
        from search.skipping import Skipping  # for searches with several words

        skipping = Skipping(self._seek, self._query.rule, beginnings, backward=self._query.descending)
        self._skipping = skipping if skipping.is_possible() else None
        return self._skipping is not None

    def _stream(self, within: Range, at_once: int = 0) -> Found:
        """The entries of one range, a few at a time, without those that can be skipped."""
        place = KEYS[within.index][1]
        first = min(at_once or self._limit // SHARDS + 1 + _SPARE, _MOST_AT_ONCE)
        request = self._request(within, first)
        while True:
            page = self._call("Query", request)
            last = None
            for item in page["Items"]:
                entry = Entry(item, item[place]["S"])
                last = self._query.rank(within.field, entry), entry
                yield last
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
            request["Limit"] = min(2 * request["Limit"], _MOST_AT_ONCE)
            if self._skipping and last and not self._at_home(*last):
                rest = self._skipping.rest(within, last[1].place)
                if not rest:
                    return
                if rest is not within:
                    within, request = rest, self._request(rest, first)

    def _seek(self, partition: str, low: str, high: str, backward: bool) -> str | None:
        """The place of the first entry of a partition between two places, or of the last one."""
        request = self._request(Range("", "", partition, low, high), 1)
        items = self._call("Query", {**request, "ScanIndexForward": not backward})["Items"]
        return items[0]["place"]["S"] if items else None

    def _request(self, within: Range, most: int) -> dict[str, Any]:
        shard, place = KEYS[within.index]
        index = {"IndexName": within.index} if within.index else {"ConsistentRead": True}
        return {
            "TableName": self._table,
            **index,
            "KeyConditionExpression": "#shard = :shard AND #place BETWEEN :low AND :high",
            "ExpressionAttributeNames": {"#shard": shard, "#place": place},
            "ExpressionAttributeValues": {
                ":shard": {"S": within.shard},
                ":low": {"S": within.low},
                ":high": {"S": within.high},
            },
            "ScanIndexForward": not self._query.descending or not within.index,
            "Limit": most,
        }
