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

SOURCE_ZIP_BYTES = 100_000
# With bytecode, which is worth a hundred million instructions at a cold start. Some 20,000 bytes are code that is
# loaded only on an item that another tool wrote, an event of another service, or a fault.
ARTIFACT_BYTES = 215_000
# Code that no handler loads while events are off: it makes the zip larger, and no cold start slower.
OF_EVENTS = (
    *("adapters/", "attributed/", "audit/", "consumers/", "mail/"),
    *(f"users/{folder}{name}." for folder in ("", "__pycache__/") for name in ("actors", "attributed", "events")),
    *("utils/consumer.", "utils/__pycache__/consumer."),
)
CONSUMER_BYTES = 90_000


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


@dataclass(frozen=True)
class Database:
    """The calls of one warm request and the capacity units they consume."""

    calls: tuple[str, ...]
    reads: float
    writes: float


DATABASE = {
    "create": Database(("TransactWriteItems",), 0, 4),
    "create with Idempotency-Key": Database(("TransactWriteItems",), 0, 6),
    "get": Database(("GetItem",), 1, 0),
    "update": Database(("UpdateItem",), 0, 1),
    "update of the email": Database(("GetItem", "TransactWriteItems"), 1, 6),
    "list, first page of 100": Database(("Scan",), 1, 0),
    "delete": Database(("GetItem", "TransactWriteItems"), 1, 4),
}

# The emulated database: comparisons of keys for each item of a page (ministack sorts the page again), and how many more
# comparisons and calls a page or a write may need in a table of 50,000 items than in one of 1,000 (a few bisections).
LOCAL_COMPARISONS_PER_ITEM = 40
LOCAL_GROWTH = 150
