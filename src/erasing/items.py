"""The places in the tables: each finds what belongs to a person, and removes what it found."""

from __future__ import annotations

import json
import uuid
from contextlib import suppress

from dynamodb.errors import ConditionalCheckFailed
from dynamodb.pages import pages
from dynamodb.values import from_item, to_item
from live.table import of_caller, under
from mail.records import KEY, letter_key
from users.actors import tombstone_key
from users.errors import UserNotFound
from users.events import CREATED, DELETED, NAMESPACE, UPDATED
from users.expressions import Expression
from users.signed_in import SignedInUsers
from users.user import user_key
from utils.preconditions import Precondition
from verification.renewals import DAY, MOST_A_DAY, PREFIX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from erasing.person import Person
    from pictures.records import PictureRecords
    from users.items import Action
    from users.reading import Call
    from users.user import Item

    Page = tuple[Sequence[Any], str | None]

MOST_KEYS = 100  # BatchGetItem takes no more.
LETTER_DAYS = 31  # The record of a letter is kept for 30 days.
VERSIONS = 50  # The letters of so many versions make one page.
# The letters that may follow from each kind of event: mail.letters.
PURPOSES = {CREATED: ("welcome",), UPDATED: ("changed_from", "changed_to"), DELETED: ("deleted",)}


class AcceptedDeletions(SignedInUsers):
    """Deletions that were accepted with a request: whoever asked for them was an administrator then."""

    def _shutting_out(self) -> dict[str, Action]:
        return {}


class Record:
    """The user. Its email is free and its person has a tombstone in the same transaction."""

    name = "record"

    def __init__(self, call: Call, table: str, users: SignedInUsers) -> None:
        self._call, self._table, self._users = call, table, users

    def find(self, person: Person, _after: str | None) -> Page:
        """The record."""
        return one(self._call, self._table, user_key(person.user_id)), None

    def remove(self, person: Person, _found: Sequence[Any]) -> None:
        """Delete it as its administrator."""
        self._users.by(person.caller)
        with suppress(UserNotFound):
            self._users.delete(person.user_id, Precondition())


class Scanned:
    """Items of a table without an index for them: the whole table is read, and `matches(person)` is the filter.

    An item is removed only while its attribute `fixed` is as it was read: an email may have a new owner meanwhile.
    """

    def __init__(
        self,
        name: str,
        call: Call,
        table: str,
        keys: tuple[str, ...],
        fixed: str,
        matches: Callable[[Person], dict[str, Any]],
    ) -> None:
        self.name = name
        self._call, self._table, self._keys, self._fixed, self._matches = call, table, keys, fixed, matches

    def find(self, person: Person, after: str | None) -> Page:
        """The items of one page of the table."""
        request = {"TableName": self._table, "ConsistentRead": True, **self._matches(person)}
        if after:
            request["ExclusiveStartKey"] = to_item(json.loads(after))
        page = self._call("Scan", request)
        last = page.get("LastEvaluatedKey")
        return page["Items"], json.dumps(from_item(last)) if last else None

    def remove(self, _person: Person, found: Sequence[Item]) -> None:
        """Delete each that is still the same."""
        for item in found:
            same = Expression().require(self._fixed, "=", item[self._fixed]["S"])
            where = {name: item[name] for name in self._keys}
            with suppress(ConditionalCheckFailed):
                self._call("DeleteItem", same.condition(TableName=self._table, Key=where))


def of_claims(person: Person) -> dict[str, Any]:
    """The filter for the table of claims: the email, the person's item, and responses that are kept.

    A kept response is about the user, or the person got it.
    """
    values = {":user": person.user_id, ":asked": f"request#sub:{person.subject or person.user_id}#"}
    return {
        "FilterExpression": "userId = :user OR begins_with(#key, :asked)",
        "ExpressionAttributeNames": {"#key": "key"},
        "ExpressionAttributeValues": to_item(values),
    }


def of_deliveries(person: Person) -> dict[str, Any]:
    """The deliveries about a user, but not the one that tells a receiver of the deletion (GDPR, article 19)."""
    return {
        "FilterExpression": "contains(body, :user) AND eventType <> :deleted",
        "ExpressionAttributeValues": to_item({":user": person.user_id, ":deleted": DELETED}),
    }


class Letters:
    """The records of letters and the requests for them. Their keys can be computed, so nothing is scanned."""

    name = "letters"

    def __init__(self, call: Call, table: str, keys_table: str, clock: Callable[[], float]) -> None:
        self._call, self._table, self._keys, self._clock = call, table, keys_table, clock

    def find(self, person: Person, after: str | None) -> Page:
        """First what follows from requests, then what follows from some versions of the user at a time."""
        page, last = int(after or 0), self._last_version(person)
        first = (page - 1) * VERSIONS + 1
        versions = range(first, min(first + VERSIONS, last + 2))
        names = _of_versions(person.user_id, versions) if page else self._of_requests(person.user_id)
        return self._there(list(names)), str(page + 1) if page * VERSIONS <= last else None

    def remove(self, _person: Person, found: Sequence[Item]) -> None:
        """Delete each."""
        for each in found:
            self._call("DeleteItem", {"TableName": self._table, "Key": {KEY: each[KEY]}})

    def _last_version(self, person: Person) -> int:
        tombstone = one(self._call, self._keys, tombstone_key(person.user_id))
        known = int(tombstone[0].get("version", {}).get("N", 0)) if tombstone else 0
        return max(person.version, known)

    def _of_requests(self, user_id: str) -> Iterator[str]:
        today = int(self._clock()) // DAY
        for day in range(today - LETTER_DAYS, today + 1):
            yield f"{PREFIX}{user_id}#{day}"
            yield from (letter_key(f"{user_id}_{day}_{number}_renewal") for number in range(1, MOST_A_DAY + 1))

    def _there(self, names: list[str]) -> list[Item]:
        found: list[Item] = []
        for start in range(0, len(names), MOST_KEYS):
            wanted: dict[str, Any] = {self._table: {
                "Keys": [to_item({KEY: name}) for name in names[start : start + MOST_KEYS]],
                "ConsistentRead": True,
            }}  # fmt: skip
            while wanted:
                answer = self._call("BatchGetItem", {"RequestItems": wanted})
                found += answer["Responses"].get(self._table, ())
                wanted = answer.get("UnprocessedKeys") or {}
        return found


def _of_versions(user_id: str, versions: range) -> Iterator[str]:
    """The keys of letters that may follow from events: users.events makes the ids."""
    for version in versions:
        for type_, purposes in PURPOSES.items():
            event = uuid.uuid5(uuid.UUID(NAMESPACE), f"{user_id} {version} {type_}")
            yield from (letter_key(f"{event}_{purpose}") for purpose in purposes)


class Suppression:
    """The item that suppresses letters to the person's email."""

    name = "suppression"

    def __init__(self, call: Call, table: str) -> None:
        self._call, self._table = call, table

    def find(self, person: Person, _after: str | None) -> Page:
        """The item."""
        return one(self._call, self._table, to_item({KEY: person.address})) if person.address else [], None

    def remove(self, person: Person, _found: Sequence[Any]) -> None:
        """Delete it."""
        self._call("DeleteItem", {"TableName": self._table, "Key": to_item({KEY: person.address})})


class NotEnded(Exception):
    """Some connections may still be open; the message comes again."""


class LiveConnections:
    """The connections that the person opened, with their subscriptions.

    `end(ids)` returns those still open, and `forget(id, caller)` removes the items of one.
    """

    name = "connections"

    def __init__(
        self,
        call: Call,
        table: str,
        end: Callable[[Sequence[str]], list[str]],
        forget: Callable[[str, str], None],
    ) -> None:
        self._call, self._table, self._end, self._forget = call, table, end, forget

    def find(self, person: Person, _after: str | None) -> Page:
        """The ids of the connections."""
        if not person.subject:
            return [], None
        query = under(self._table, of_caller(_as_caller(person)))
        found = [item["place"]["S"] for page in pages(self._call, "Query", query) for item in page["Items"]]
        return found, None

    def remove(self, person: Person, found: Sequence[str]) -> None:
        """End and forget each."""
        if self._end(found):
            raise NotEnded
        for each in found:
            self._forget(each, _as_caller(person))


def _as_caller(person: Person) -> str:
    """The caller that the person is with live updates."""
    return f"sub:{person.subject}"


class PictureRecord:
    """The record that says which picture the user has."""

    name = "pictureRecord"

    def __init__(self, call: Call, table: str, records: PictureRecords) -> None:
        self._call, self._table, self._records = call, table, records

    def find(self, person: Person, _after: str | None) -> Page:
        """The record."""
        return one(self._call, self._table, user_key(person.user_id)), None

    def remove(self, person: Person, _found: Sequence[Any]) -> None:
        """Delete it; the stream then removes the objects of its picture too."""
        self._records.forget(person.user_id)


def one(call: Call, table: str, where: Item) -> list[Item]:
    """The item with this key, if there is one."""
    item = call("GetItem", {"TableName": table, "Key": where, "ConsistentRead": True}).get("Item")
    return [item] if item else []
