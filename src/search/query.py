"""A search: which users it finds, in which order, and where they are in the index."""

from __future__ import annotations

from search.entries import (
    BY_CREATED,
    BY_NAME,
    EMAIL,
    END,
    NAME,
    PREFIX,
    SHARDS,
    Entry,
    domain_of,
    order_shard,
    word_shard,
)
from search.words import SERVED, Rule, Terms, Words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from search.history import Known
    from users.user import User

    Rank = tuple[int, str]

LAST = "\U0010ffff"


class Range:
    """Entries of one partition from `low` to `high`, in the order of their places."""

    __slots__ = ("field", "high", "index", "low", "shard")

    def __init__(self, index: str, field: str, shard: str, low: str, high: str) -> None:
        self.index, self.field, self.shard, self.low, self.high = index, field, shard, low, high


class Beginning:
    """A beginning of a word that all users of a search have. With `domain`, it is a whole domain."""

    __slots__ = ("domain", "text")

    def __init__(self, text: str, *, domain: bool = False) -> None:
        self.text, self.domain = text, domain


class Query:
    """The users that the parameters choose, in the order that they name.

    The position of an entry is its rank and its place. With `sort` all have one rank. Without, words that are equal to
    the longest word of `q` come before words that begin with it, and words of names before those of emails.
    """

    def __init__(self, given: Mapping[str, Any], rule: Rule = SERVED) -> None:
        self._given, self.rule = given, rule
        self._terms = Terms(given["q"], rule) if "q" in given else None
        sort: str = given.get("sort", "" if self._terms else "createdAt")
        self.descending = sort.startswith("-")
        self.order = sort.removeprefix("-")
        self.bound_to = "GET /users?" + "&".join(
            f"{name}={given[name]}" for name in sorted(given) if name not in ("limit", "lastKey")
        )

    def rank(self, field: str, entry: Entry) -> Rank:
        """The position of an entry."""
        if self.order:
            return 0, entry.place
        whole = entry.place.startswith(f"{self.driver}{END}")
        return (0 if whole else 2) + (field == EMAIL), entry.place

    @property
    def driver(self) -> str:
        """The beginning of a word that all users of this search have; "" if there is none."""
        return self._terms.driver if self._terms else ""

    @property
    def _domain_word(self) -> str:
        """The word of the domain that is asked for, if it has entries; "" otherwise."""
        domain = self.rule.domain_word(self._given.get("domain", ""))
        return domain if len(domain) >= PREFIX else ""

    def ranges(self, after: Rank | None) -> Iterator[Range]:
        """The ranges that have all entries of this search, behind a position."""
        if self.order:
            yield from self._ranges_of_order(after)
            return
        for field in (NAME, EMAIL):
            low = self._low(field, after)
            for shard in range(SHARDS if low and low <= self.driver + LAST else 0):
                yield Range("", field, word_shard(self.rule, field, self.driver, shard), low, self.driver + LAST)

    def ranges_of_few(self) -> Iterator[list[Range]]:
        """For each word that all users of this search have: the ranges that have all of them, and perhaps others.

        Entries of a single word are in its order already.
        """
        words = self._terms.drivers if self._terms else []
        if self.order or len(words) > 1:
            for word in words:
                yield [
                    Range("", field, word_shard(self.rule, field, word, shard), word, word + LAST)
                    for field in (NAME, EMAIL)
                    for shard in range(SHARDS)
                ]
        if domain := self._domain_word:
            end = domain + END
            shards = [word_shard(self.rule, EMAIL, domain, shard) for shard in range(SHARDS)]
            yield [Range("", EMAIL, shard, end, end + LAST) for shard in shards]

    def beginnings_to_skip_by(self) -> list[Beginning]:
        """The words that all users of this search have besides the one that it follows, if it follows names."""
        if self.order == "createdAt":
            return []
        words = self._terms.drivers if self._terms else []
        others = [Beginning(word) for word in (words if self.order else words[1:])]
        domain = self._domain_word
        return [*others, Beginning(domain, domain=True)] if domain else others

    def home_of(self, entry: Entry, started: str) -> Rank | None:
        """The position at which a search that began at `started` shows the user of an entry.

        None if the index says that the user is not found, or not in this search.
        """
        if not self._created_fits(entry.text("createdAt")):
            return None
        version: Known | None
        if entry.is_settled:
            version = entry if self._may_match(entry) else None
        else:
            from search.history import shown_by  # for users that have moved

            version = shown_by(entry, entry.text("earlier"), started, self._may_match)
        return self._place_of(version, entry) if version else None

    def _place_of(self, version: Known, entry: Entry) -> Rank | None:
        """The position of a user by one of its versions."""
        if self.order == "createdAt":
            return 0, f"{entry.text('createdAt')}#{entry.user_id}"
        if self.order:
            return 0, f"{version.name}{END}{entry.user_id}"
        rank, word = self._best(version)
        return (rank, f"{word}{END}{version.name}{END}{entry.user_id}") if word else None

    def beyond(self, rank: Rank, after: Rank | None) -> bool:
        """Whether a position is behind another."""
        return after is None or (rank < after if self.descending else rank > after)

    def _may_match(self, version: Known) -> bool:
        """Whether the index says that a user is found by one of its versions."""
        if self._terms:
            email = version.email
            if not self._terms.match(version.words + email, email[-1] if email else ""):
                return False
        return self._domain_fits(version.domain)

    def _best(self, version: Known) -> Rank:
        """The word of a user that begins as the longest word of the search, and its rank: the best of several."""
        return min(
            (
                (2 * (word != self.driver) + in_email, word)
                for in_email, words in enumerate((version.words, version.email))
                for word in words
                if word.startswith(self.driver)
            ),
            default=(0, ""),
        )

    def says_no(self, entry: Entry) -> bool:
        """Whether the head of a user rules it out. Other entries do not have these values."""
        if "updatedAt" not in entry.item:
            return False
        age = entry.item.get("age", {}).get("N")
        return not (self._age_fits(int(age) if age else None) and self._updated_fits(entry.text("updatedAt")))

    def matches(self, user: User) -> bool:
        """Whether a user, as it is now, is found."""
        if self._terms:
            words = Words(user["name"], user["email"], self.rule)
            if not self._terms.match(words.name + words.email, words.domain):
                return False
        return (
            self._domain_fits(domain_of(user["email"]))
            and self._created_fits(user["createdAt"])
            and self._updated_fits(user["updatedAt"])
            and self._age_fits(user.get("age"))
        )

    def _low(self, field: str, after: Rank | None) -> str:
        """Where the entries of a field behind a position begin; "" if there are none."""
        whole = int(field == EMAIL)
        rank, place = after or (-1, "")
        if rank < whole:
            return self.driver
        if rank in (whole, whole + 2):
            return place + END
        return self.driver + "\x01" if rank < whole + 2 else ""

    def _ranges_of_order(self, after: Rank | None) -> Iterator[Range]:
        low, high = self._bounds()
        if after and self.descending:
            high = min(high, after[1])
        elif after:
            low = max(low, after[1] + END)
        index = BY_NAME if self.order == "name" else BY_CREATED
        for shard in range(SHARDS if low <= high else 0):
            yield Range(index, "", order_shard(self.rule, shard), low, high)

    def _bounds(self) -> tuple[str, str]:
        if self.order == "name":
            return END, LAST
        after = self._given.get("createdAfter")
        return f"{after}{LAST}" if after else END, self._given.get("createdBefore", LAST)

    def _domain_fits(self, domain: str) -> bool:
        return bool(self._given.get("domain", domain) == domain)

    def _created_fits(self, time: str) -> bool:
        after, before = self._given.get("createdAfter", ""), self._given.get("createdBefore", LAST)
        return bool(after < time < before)

    def _updated_fits(self, time: str) -> bool:
        return bool(self._given.get("updatedAfter", "") < time)

    def _age_fits(self, age: int | None) -> bool:
        low: int | None = self._given.get("minAge")
        high: int | None = self._given.get("maxAge")
        if low is None and high is None:
            return True
        return age is not None and (low or age) <= age <= (high or age)
