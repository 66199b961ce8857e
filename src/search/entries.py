"""The items of the table UserSearch, and their keys. No other module knows them.

    shard                                  place
    1#user#<user id>                       head            what the index has of a user; two indexes put it in order
    1#n#<two characters>#<shard>           <word>|<name>|<user id>       a word of a name
    1#e#<two characters>#<shard>           <word>|<name>|<user id>       a word that only the email has
    1#n##<shard>                           |<name>|<user id>             a place that a user left in the order of names
    1#count#<shard>                        all             how many users the index has

1 is the generation of the rule for words, and | is U+0000, which sorts before all characters. A function that has no
rule uses the one that is served. All items of a user are
in the shard that its id chooses, so that the writes of one common name are spread.
"""

from __future__ import annotations

from binascii import crc32

from search.words import SERVED, Rule, Words
from users.email_address import ascii_domain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from users.user import User

    Key = tuple[str, str]
    Values = dict[str, str | int]

SHARDS = 4  # each prefix and each order has so many
COUNTERS = 16
PREFIX = 2  # characters of a word that its partition has
NAME, EMAIL = "n", "e"
END = "\0"
BY_CREATED, BY_NAME = "ByCreated", "ByName"
HEAD, ALL = "head", "all"
_MOST_NAME_BYTES = 500  # a key has 1,024 at most
_MOST_TIME = 64
_ID = 36


class Entry:
    """An item of the index, which says something about a user, and is the version of it that it was written for."""

    __slots__ = ("item", "place", "user_id")

    def __init__(self, item: dict[str, Any], place: str) -> None:
        self.item = item
        self.place = place
        self.user_id = place[-_ID:]

    @property
    def is_settled(self) -> bool:
        """Whether the user has never moved."""
        return "movedAt" not in self.item and "earlier" not in self.item

    @property
    def since(self) -> str:
        """When its version began; "" if it is the first one."""
        return self.text("placedAt")

    @property
    def until(self) -> str:
        """When its version ended; "" if it has not."""
        return self.text("movedAt")

    @property
    def name(self) -> str:
        """The name as it is in keys. The head has it as an attribute, and entries have it in their places."""
        return self.text("name") if "name" in self.item else self.place.split(END)[-2]

    @property
    def words(self) -> list[str]:
        """The words of the name."""
        return self.text("nameWords").split()

    @property
    def email(self) -> list[str]:
        """The words that only the email has; the last one is the domain."""
        return self.text("emailWords").split()

    @property
    def domain(self) -> str:
        """The domain of the email."""
        return self.text("domain")

    def text(self, attribute: str) -> str:
        """An attribute; "" if it is absent."""
        return str(self.item.get(attribute, {}).get("S", ""))


def beginning(generation: int) -> str:
    """The beginning of all partitions of a generation, and of no others."""
    return f"{generation}#"


def generation_of(shard: str) -> str:
    """The generation that a partition belongs to."""
    return shard.partition("#")[0]


def head_key(user_id: str, rule: Rule = SERVED) -> Key:
    """The key of the head of a user."""
    return f"{beginning(rule.generation)}user#{user_id}", HEAD


def counter_key(number: int, rule: Rule = SERVED) -> Key:
    """The key of a counter."""
    return f"{beginning(rule.generation)}count#{number}", ALL


def counter_of(user_id: str, rule: Rule = SERVED) -> Key:
    """The key of the counter that counts a user."""
    return counter_key(_hash(user_id) % COUNTERS, rule)


def word_shard(rule: Rule, field: str, word: str, shard: int) -> str:
    """The partition of a word, and of all words with the same beginning."""
    return f"{beginning(rule.generation)}{field}#{word[:PREFIX]}#{shard}"


def order_shard(rule: Rule, shard: int) -> str:
    """A partition of an order."""
    return f"{beginning(rule.generation)}{shard}"


def said_of(user: User, rule: Rule = SERVED) -> Values:
    """The values that the items of a user have, apart from when they were written."""
    words = Words(user["name"], user["email"], rule)
    values: Values = {
        "userId": user["userId"],
        "version": user.version,
        "name": name_in_keys(user["name"], rule),
        "nameWords": " ".join(words.name),
        "emailWords": " ".join(words.email),
        "domain": domain_of(user["email"]),
        "createdAt": user["createdAt"][:_MOST_TIME],
        "updatedAt": user["updatedAt"][:_MOST_TIME],
    }
    return {**values, "age": user["age"]} if "age" in user else values


# A change of these moves the entries of a user, or changes what they say: the user has another version.
PLACING = ("name", "nameWords", "emailWords", "domain", "createdAt")


def head_of(values: Values, times: Values, revision: int, rule: Rule = SERVED) -> Values:
    """The head of a user, with its places in the two orders."""
    shard, place = head_key(str(values["userId"]), rule)
    own = order_shard(rule, _shard(str(values["userId"])))
    return {
        **values,
        **times,
        "shard": shard,
        "place": place,
        "revision": revision,
        "createdShard": own,
        "createdPlace": f"{values['createdAt']}#{values['userId']}",
        "nameShard": own,
        "namePlace": f"{values['name']}{END}{values['userId']}",
    }


def words_in(values: Values, times: Values, rule: Rule = SERVED) -> dict[Key, Values]:
    """The entries of a user's words by key. A word of one character has none: no query begins with it alone.

    `times` are those of the version: search.history.
    """
    shard = _shard(str(values["userId"]))
    said: Values = {**{name: values[name] for name in PLACING[1:]}, **times}
    entries: dict[Key, Values] = {}
    for field, attribute in ((NAME, "nameWords"), (EMAIL, "emailWords")):
        for word in str(values[attribute]).split():
            if len(word) >= PREFIX:
                key = word_shard(rule, field, word, shard), f"{word}{END}{values['name']}{END}{values['userId']}"
                entries[key] = {**said, "shard": key[0], "place": key[1]}
    return entries


def left_behind(values: Values, times: Values, rule: Rule) -> dict[Key, Values]:
    """The entries of an earlier version: those of its words, and one in the order of names."""
    shard = _shard(str(values["userId"]))
    place = f"{values['name']}{END}{values['userId']}"
    key = word_shard(rule, NAME, "", shard), END + place
    said: Values = {**{name: values[name] for name in PLACING[1:]}, **times}
    order: Values = {"nameShard": order_shard(rule, shard), "namePlace": place}
    return {**words_in(values, times, rule), key: {**said, **order, "shard": key[0], "place": key[1]}}


def name_in_keys(name: str, rule: Rule) -> str:
    """A name as the orders compare it: folded, without U+0000, and as long as fits into a key."""
    text = rule.folded(name).replace(END, "").encode("utf-8", "replace")[:_MOST_NAME_BYTES]
    return text.decode("utf-8", "ignore")


def domain_of(email: str) -> str:
    """The domain of an email in the form in which two are compared."""
    domain = email.rpartition("@")[2]
    return ascii_domain(domain) or domain


def _shard(user_id: str) -> int:
    return _hash(user_id) % SHARDS


def _hash(user_id: str) -> int:
    return crc32(user_id.encode())
