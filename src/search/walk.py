"""The entries of a search in their order, read from all partitions at once and no more of them than needed."""

from __future__ import annotations

from heapq import merge
from itertools import islice
from operator import itemgetter

from search.entries import BY_CREATED, BY_NAME, SHARDS, Entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from search.query import Query, Range, Rank
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
# Entries of a word that a page reads and sorts itself, rather than all that come before it in the order.
FEW = 500
_SPARE = 3  # entries that a page reads ahead in each partition
_MOST_AT_ONCE = 250


class Walk:
    """One page of a search that began at `started`. `at` is the position of the last entry that was examined."""

    def __init__(self, call: Call, table: str, query: Query, limit: int, started: str) -> None:
        self._call, self._table, self._query = call, table, query
        self._limit, self._started = limit, started
        self._left = MOST_EXAMINED
        self.at: Rank | None = None

    @property
    def worn_out(self) -> bool:
        """Whether the page has ended because of its work and not because of its entries."""
        return self._left <= 0

    def entries(self, after: Rank | None) -> Found:
        """The entries of users that the index says are found, behind a position."""
        few = self._few()
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

    def _few(self) -> list[tuple[Rank, Entry]] | None:
        """All entries with a word of the search that few users have, in the order; None if there is no such word."""
        for ranges in self._query.ranges_of_few():
            read = (entry for each in ranges for _, entry in self._stream(each))
            entries = list(islice(read, FEW + 1))
            if len(entries) <= FEW:
                homes = ((self._query.home_of(entry, self._started), entry) for entry in entries)
                users = {entry.user_id: (home, entry) for home, entry in homes if home}
                return sorted(users.values(), key=itemgetter(0), reverse=self._query.descending)
        return None

    def _stream(self, within: Range) -> Found:
        """The entries of one range, a few at a time."""
        place = KEYS[within.index][1]
        request = self._request(within)
        while True:
            page = self._call("Query", request)
            for item in page["Items"]:
                entry = Entry(item, item[place]["S"])
                yield self._query.rank(within.field, entry), entry
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
            request["Limit"] = min(2 * request["Limit"], _MOST_AT_ONCE)

    def _request(self, within: Range) -> dict[str, Any]:
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
            "Limit": min(self._limit // SHARDS + 1 + _SPARE, _MOST_AT_ONCE),
        }
