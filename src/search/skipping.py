"""Skipping: a page need not read entries whose users do not have the other words of the search.

All entries of a user are in one shard, and those of one word are in the order of the users' names. A search with
several words follows one list of a shard. The lists of its other words are in the same order. They say which name comes
next that has these words, so that a page can go on there. It need not read all that is before it.
"""

from __future__ import annotations

from search.entries import EMAIL, END, NAME, word_shard
from search.query import LAST, Beginning, Range

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from search.words import Rule

    # The place of the first entry of a partition between two places, the last one if `backward`. None if there is none.
    Seek = Callable[[str, str, str, bool], str | None]

# This comes behind all entries of a word, which have U+0000 after it, and before those of all longer words.
AFTER_WORD = "\x01"
# Words of one partition that begin as one of the query does. Each of them has its own list.
MOST_WORDS = 3
# After so many look-ups, a page goes on without skipping.
MOST_SEEKS = 200


class Names:
    """The names of a shard's users that have a word, in their order, as far as they are looked up.

    A name is `<name>|<user id>`, as the places of entries end.
    """

    __slots__ = ("_asked", "_backward", "_found", "_partition", "_seek", "_word")

    def __init__(self, seek: Seek, partition: str, word: str, *, backward: bool) -> None:
        self._seek, self._partition, self._word, self._backward = seek, partition, word, backward
        self._asked: str | None = None
        self._found: str | None = None

    def next(self, name: str) -> str | None:
        """The first name from this one on, in the direction of the search; None if there is none."""
        if not self._is_known(name):
            word = self._word + END
            low, high = (word, word + name) if self._backward else (word + name, word + LAST)
            place = self._seek(self._partition, low, high, self._backward)
            self._asked, self._found = name, place.partition(END)[2] if place else None
        return self._found

    def _is_known(self, name: str) -> bool:
        """Whether the last look-up says what comes next."""
        if self._asked is None or (name > self._asked if self._backward else name < self._asked):
            return False
        return self._found is None or (name >= self._found if self._backward else name <= self._found)


class Skipping:
    """The next users that can match, by the words that all users of a search have."""

    def __init__(self, seek: Seek, rule: Rule, beginnings: Sequence[Beginning], *, backward: bool) -> None:
        self._ask, self._rule, self._backward = seek, rule, backward
        self._beginnings = beginnings
        self._shards: dict[str, list[list[Names]]] = {}
        self._left = MOST_SEEKS

    def is_possible(self) -> bool:
        """Whether there are words that have lists to skip by. Their shards are alike, so that one of them tells."""
        return bool(self._lists("0"))

    def rest(self, within: Range, place: str) -> Range | None:
        """The rest of a range that can match behind a place: all of it if nothing is skipped, None if none is left."""
        word = "" if within.index else place.partition(END)[0] + END
        name = place[len(word) :]
        after = self.next(within.shard.rpartition("#")[2], name)
        if after == name:
            return within
        low, high = within.low, within.high
        if after is None:
            low = word.removesuffix(END) + AFTER_WORD if word else LAST + LAST
        elif self._backward:
            high = after
        else:
            low = word + after
        return Range(within.index, within.field, within.shard, low, high) if low <= high else None

    def next(self, shard: str, name: str) -> str | None:
        """The first name from this one on whose user can match; None if there is none."""
        for lists in self._lists(shard):
            if self._left <= 0:
                return name
            found = [each for names in lists if (each := names.next(name)) is not None]
            if not found:
                return None
            name = max(found) if self._backward else min(found)
        return name

    def _lists(self, shard: str) -> list[list[Names]]:
        """For each beginning that few words have: the lists of these words."""
        if shard not in self._shards:
            found = [self._of_beginning(each, shard) for each in self._beginnings]
            self._shards[shard] = [each for each in found if each is not None]
        return self._shards[shard]

    def _of_beginning(self, beginning: Beginning, shard: str) -> list[Names] | None:
        lists = []
        for field in (EMAIL,) if beginning.domain else (NAME, EMAIL):
            partition = word_shard(self._rule, field, beginning.text, int(shard))
            words = [beginning.text] if beginning.domain else self._words(partition, beginning.text)
            if words is None:
                return None
            lists += [Names(self._seek, partition, word, backward=self._backward) for word in words]
        return lists

    def _words(self, partition: str, beginning: str) -> list[str] | None:
        """The words of a partition with a beginning; None if there are many."""
        words: list[str] = []
        place = self._seek(partition, beginning, beginning + LAST, False)
        while place and len(words) < MOST_WORDS:
            words.append(place.partition(END)[0])
            place = self._seek(partition, words[-1] + AFTER_WORD, beginning + LAST, False)
        return None if place else words

    def _seek(self, partition: str, low: str, high: str, backward: bool) -> str | None:
        self._left -= 1
        return self._ask(partition, low, high, backward)
