"""Two Regions with replicas of both tables, as DynamoDB replicates: item by item, in any order, the last writer wins.

Source: "How DynamoDB global tables work" in the DynamoDB Developer Guide. A condition and a transaction hold in their
own Region only. A transaction is replicated item by item. Of two versions of an item the later one wins in both.

Each Region is the database in memory of the other proofs, and clients are the real repository behind the real check for
the home Region. A stamp is beside an item and never in it.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dynamodb.errors import ConditionalCheckFailed, DynamoDBError, RequestRejected, TransactionCanceled, Unavailable
from operate.database import Call
from operate.regions.region import Region
from regions.home import Home
from tests.support.memory_dynamodb import MemoryDynamoDB, Refused
from users.repository import UserRepository

START = 1_790_000_000.0
USERS, KEYS = "Users", "UserKeys"
HOME, OTHER = "us-east-1", "eu-west-1"
Stamp = tuple[int, str]
Item = dict[str, Any]
Wins = Callable[[Stamp, Stamp], bool]


def last_writer(new: Stamp, old: Stamp) -> bool:
    """Whether a replicated version takes the place of the one that is there."""
    return new > old


@dataclass(frozen=True)
class Message:
    """A version of an item on its way to the other Region; None for one that was deleted."""

    to: str
    table: str
    key: str
    stamp: Stamp
    item: Item | None


@dataclass
class Replica:
    """The tables in one Region, with the stamp of each item, the deleted ones included."""

    database: MemoryDynamoDB
    stamps: dict[tuple[str, str], Stamp] = field(default_factory=dict)

    def items(self, table: str) -> dict[str, Item]:
        """The items of a table by key."""
        return self.database.tables[table].items


class World:
    """Both Regions, the messages between them, and the clients' requests that are half done."""

    def __init__(self, seed: int, wins: Wins = last_writer) -> None:
        self.random = random.Random(seed)
        self.now = 0
        self.cut = False  # whether messages wait until the Regions reach each other again
        self.deaf = False  # whether the home Region does not answer the operator
        self.messages: list[Message] = []
        self._wins = wins
        self._numbers = itertools.count(1)
        self.replicas = {name: self._replica(name) for name in (HOME, OTHER)}

    def _replica(self, name: str) -> Replica:
        def written(table: str, key: str, _before: Item | None, after: Item | None) -> None:
            self.now += 1
            stamp = self.now, name
            self.replicas[name].stamps[table, key] = stamp
            self.messages.append(Message(HOME if name == OTHER else OTHER, table, key, stamp, after))

        database = MemoryDynamoDB(written=written)
        database.create_table(USERS, "userId")
        database.create_table(KEYS, "key")
        return Replica(database)

    def number(self) -> int:
        """A number that nobody else got."""
        return next(self._numbers)

    def deliver(self) -> bool:
        """Bring any one message to its Region; False if none can go."""
        if self.cut or not self.messages:
            return False
        self.arrive(self.messages.pop(self.random.randrange(len(self.messages))))
        return True

    def arrive(self, message: Message) -> None:
        """Keep the version of a message, if it wins."""
        replica, place = self.replicas[message.to], (message.table, message.key)
        if self._wins(message.stamp, replica.stamps.get(place, (0, ""))):
            replica.stamps[place] = message.stamp
            items = replica.items(message.table)
            items.pop(message.key, None)
            if message.item is not None:
                items[message.key] = message.item

    def call(self, name: str) -> Call:
        """DynamoDB in one Region, as the code under proof calls it."""
        database = self.replicas[name].database

        def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
            try:
                return database.handle(operation, request)
            except Refused as refused:
                raise raised(refused) from None

        return call

    def operators_call(self, name: str) -> Call:
        """The same for the operator, whom a lost Region does not answer."""
        call = self.call(name)

        def asked(operation: str, request: dict[str, Any]) -> dict[str, Any]:
            if self.deaf and name == HOME:
                raise Unavailable("NoResponse")
            return call(operation, request)

        return asked

    def users(self, name: str) -> UserRepository:
        """The repository of a function in one Region."""
        return UserRepository(
            self.call(name),
            USERS,
            KEYS,
            clock=lambda: START + self.now,
            new_id=lambda: f"00000000-0000-4000-8000-{self.number():012}",
            new_token=lambda: f"{name}-{self.number()}",
            pause=lambda attempt: None,
        )

    def gate(self, name: str) -> Home:
        """The check of a function in one Region."""
        return Home(self.call(name), KEYS, here=name, role="home" if name == HOME else "standby")

    def region(self, name: str) -> Region:
        """One Region for the operator."""
        return Seen(name, self.operators_call(name), USERS, KEYS, world=self)

    def same(self) -> bool:
        """Whether both Regions have the same items."""
        here, there = self.replicas[HOME], self.replicas[OTHER]
        return all(here.items(table) == there.items(table) for table in (USERS, KEYS))


@dataclass(frozen=True)
class Seen(Region):
    """A Region whose content is compared as it is: thousands of scans with threads would take minutes."""

    world: Any = None

    def content(self) -> list[Any]:
        """All items of both tables."""
        replica = self.world.replicas[self.name]
        return [dict(replica.items(table)) for table in (USERS, KEYS)]


def raised(refused: Refused) -> DynamoDBError:
    """The error that the client raises for an error answer."""
    code = str(refused)
    kinds: dict[str, type[DynamoDBError]] = {
        "ConditionalCheckFailedException": ConditionalCheckFailed,
        "TransactionCanceledException": TransactionCanceled,
    }
    error = kinds.get(code, RequestRejected)(code, status=400)
    if isinstance(error, ConditionalCheckFailed):
        error.item = refused.members.get("Item")
    if isinstance(error, TransactionCanceled):
        error.reasons = refused.members["CancellationReasons"]
    return error
