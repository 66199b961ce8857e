"""What each function may load, weigh, execute and ask of the database. Raise a figure only with a reason.

Counts, never times: they are the same on a busy machine and on an idle one.
"""

from __future__ import annotations

from dataclasses import dataclass

HANDLERS = ("create", "get", "list", "update", "delete")

# Standard library modules beyond those of AWS's runtime client, and why they are there.
TLS = {
    "ssl",
    "_ssl",
    "socket",
    "_socket",
    "selectors",
    "select",
    "array",
    "errno",
    "base64",
    "struct",
    "_struct",
    "binascii",
}
HASHES = {"hashlib", "_hashlib", "_blake2", "_sha2", "_sha256", "_sha512", "hmac"}
STANDARD = TLS | HASHES

MODULES = {"get": 35, "create": 44, "list": 41, "update": 45, "delete": 41}

# A stack with search: the plain list loads the guard and the parameters of the search, a search what reads the index.
SEARCH_MODULES = {"list": 44, "search": 57}
SEARCH_STANDARD = {"unicodedata", "heapq", "_heapq"}  # the categories of characters, and the merge of partitions

SOURCE_ZIP_BYTES = 100_000
# With bytecode, which is worth a hundred million instructions at a cold start. Some 20,000 bytes are code that is
# loaded only on an item that another tool wrote, an event of another service, or a fault.
ARTIFACT_BYTES = 215_000


@dataclass(frozen=True)
class Capability:
    """Code that no handler of users loads: it makes the zip larger, and no cold start slower."""

    folders: tuple[str, ...]
    modules: tuple[str, ...]
    size: int  # bytes in the zip, with bytecode

    @property
    def prefixes(self) -> tuple[str, ...]:
        """What the names of its files in the zip begin with."""
        places = (it.rpartition("/") for it in self.modules)
        return self.folders + tuple(
            f"{folder}{slash}{inside}{module}." for folder, slash, module in places for inside in ("", "__pycache__/")
        )


CAPABILITIES = {
    "events": Capability(
        ("adapters/", "attributed/", "consumers/"),
        ("users/actors", "users/attributed", "users/events", "users/finding", "utils/consumer", "utils/metrics"),
        124_000,  # with the consumers of mail, pictures, webhooks, live updates and erasures, and all adapters
    ),
    "sign-in": Capability(
        ("administration/", "sign_in/", "signed_in/"),
        (
            "guard",
            *(f"users/{it}" for it in ("administration", "ownership", "people", "registration")),
            *("users/signed_in", "users/standing"),
            "utils/caller",
        ),
        72_000,
    ),
    "erasures": Capability(("erasing/", "erasures/"), (), 60_000),
    "audit": Capability(("audit/",), ("handlers/list_audit",), 25_000),
    "mail": Capability(  # letters in two languages, reports of SES, links and their pages
        ("mail/", "verification/"),
        ("handlers/confirm_email", *(f"handlers/{verb}_email_verification" for verb in ("get", "request", "show"))),
        48_000,
    ),
    "pictures": Capability(("avatars/", "pictures/"), (), 30_000),
    "webhooks": Capability(
        ("webhooks/",),
        (
            *(f"handlers/{verb}_webhook" for verb in ("create", "delete", "get", "redeliver", "update")),
            *("handlers/list_deliveries", "handlers/list_webhooks", "handlers/rotate_webhook_secret"),
        ),
        80_000,
    ),
    "bulk": Capability(("bulk/", "steps/", "transfers/"), ("users/imported", "users/segments", "utils/step"), 90_000),
    "search": Capability(("search/",), (), 90_000),
    "releases": Capability(("releases/",), (), 20_000),
    "regions": Capability(("regional/", "regions/"), (), 14_000),
    "cache": Capability(("cache/",), ("dynamodb/cached",), 24_000),
    "live": Capability(("live/", "sockets/"), ("handlers/create_live_ticket", "utils/websocket"), 40_000),
}


@dataclass(frozen=True)
class Instructions:
    """Millions of instructions beyond the empty handler's on the same interpreter."""

    cold: float
    warm: float


INSTRUCTIONS = {
    "get": Instructions(94, 0.57),
    "create": Instructions(99, 0.85),
    "list": Instructions(102, 3.1),  # a page of 25 users
    "update": Instructions(99, 0.85),
    "delete": Instructions(97, 1.06),
}

SEARCH_INSTRUCTIONS = {
    "list": Instructions(105, 3.1),
    "search": Instructions(121, 12.3),  # one word, in eight partitions with four entries each
}


@dataclass(frozen=True)
class Database:
    """The calls of one warm request and the capacity units they consume."""

    calls: tuple[str, ...]
    reads: float
    writes: float


@dataclass(frozen=True)
class Search:
    """The read units of a page at most, and its calls at most."""

    reads: float
    calls: dict[str, int]


DATABASE = {
    "create": Database(("TransactWriteItems",), 0, 4),
    "create with Idempotency-Key": Database(("TransactWriteItems",), 0, 6),
    "get": Database(("GetItem",), 1, 0),
    "update": Database(("UpdateItem",), 0, 1),
    "update of the email": Database(("GetItem", "TransactWriteItems"), 1, 6),
    "list, first page of 100": Database(("Scan",), 1, 0),
    "delete": Database(("GetItem", "TransactWriteItems"), 1, 4),
}

# Each kind of search: the read units of a page of 10, and its calls, at any number of users. See
# benchmarks.capacity.searches.
SEARCHES = {
    "a word": Search(19, {"Query": 8, "BatchGetItem": 1}),
    "the beginning of a word": Search(19, {"Query": 8, "BatchGetItem": 1}),
    "a word of 20 users": Search(19, {"Query": 8, "BatchGetItem": 1}),
    "a frequent word and one of 20 users": Search(15, {"Query": 11, "BatchGetItem": 1}),
    "two frequent words": Search(47, {"Query": 32, "BatchGetItem": 1}),
    "order by name": Search(13, {"Query": 4, "BatchGetItem": 1}),
    "newest first": Search(13, {"Query": 4, "BatchGetItem": 1}),
    "a frequent word in the order of names": Search(36, {"Query": 27, "BatchGetItem": 1}),
    "an age of half of the users": Search(17, {"Query": 8, "BatchGetItem": 1}),
    "a domain of all users": Search(50, {"Query": 8, "BatchGetItem": 1}),
    "an email": Search(2, {"GetItem": 2}),
    "the total": Search(16, {"BatchGetItem": 1}),
}
# The units at 10,000 users in multiples of those at 1,000. They fall by one or two if a word has more than 50 entries
# in its first partition, so that no other one is read to find out that they are many.
SEARCH_GROWTH = (0.85, 1.1)
# Write units of the index for each kind of change: those of its transaction, and those of its two orders.
INDEX_WRITES = {
    "a create": (10, 2),
    "a change of age": (2, 2),
    "a change of one word of the name": (18, 4),
    "a delete": (10, 2),
}

# The emulated database: comparisons of keys for each item of a page (ministack sorts the page again), and how many more
# comparisons and calls a page or a write may need in a table of 50,000 items than in one of 1,000 (a few bisections of
# each order that is kept).
LOCAL_COMPARISONS_PER_ITEM = 40
LOCAL_GROWTH = 180
