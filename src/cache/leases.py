"""Values of a database in a cache, which no reader can fill with an old one. Nothing here raises: the database serves.

A reader that finds nothing gets a lease: a mark in the place of the value. It reads the database and stores the value
only where its lease still is. A writer deletes the key after its write, value or lease. Therefore a value that was read
before a write cannot be stored after it, and no value needs a version. Others that find a lease read the database and
store nothing. docs/adr/0029-leases-of-the-cache.md compares this with versions.
"""

from __future__ import annotations

import logging
import os
import time

from cache.resp import MAX_VALUE, NoReply

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cache.resp import Reply, Server

log = logging.getLogger("users_api")

LEASE = b"lease:"
VALUE = b"value:"
LEASE_MS = 3000  # longer than most reads of the database; a reader that needs more does not store
REST_SECONDS = 1.0  # after a failure, in which readers do not ask

# Stores ARGV[2] for ARGV[3] ms counted from when the lease ARGV[1] of ARGV[4] ms was given. Therefore a value is never
# older than that: it was read after the lease was given.
KEEP = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local left = tonumber(ARGV[3]) - tonumber(ARGV[4]) + redis.call('PTTL', KEYS[1])

if left <= 0 then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', left)
return 1
"""


class Leases:
    """Values that live for `seconds` at most, in one server. Threads share it."""

    def __init__(
        self,
        server: Server,
        seconds: int,
        clock: Callable[[], float] = time.monotonic,
        new_token: Callable[[], str] = lambda: os.urandom(12).hex(),
    ) -> None:
        self._server = server
        self._life = seconds * 1000
        self._lease_ms = min(LEASE_MS, self._life)
        self._clock = clock
        self._new_token = new_token
        self._rests_until = 0.0

    def open(self, seconds: float) -> None:
        """Connect ahead of the first request."""
        try:
            self._server.open(seconds)
        except NoReply as error:
            self._failed(error)

    def read(self, key: str) -> tuple[bytes | None, bytes | None]:
        """The value and no lease, or no value and a lease, or neither: then nothing is to be stored."""
        lease = LEASE + self._new_token().encode()
        try:
            [found] = self._ask(("SET", key, lease, "NX", "GET", "PX", str(self._lease_ms)))
        except NoReply:
            return None, None
        if found is None:
            return None, lease
        is_value = isinstance(found, bytes) and found.startswith(VALUE)
        return (found[len(VALUE) :] if is_value else None), None  # type: ignore[index]

    def keep(self, key: str, lease: bytes, value: bytes) -> None:
        """Store the value that was read since the lease was given, unless somebody has written since."""
        if len(value) > MAX_VALUE - len(VALUE):
            return
        try:
            self._ask(("EVAL", KEEP, "1", key, lease, VALUE + value, str(self._life), str(self._lease_ms)))
        except NoReply:
            return

    def forget(self, keys: Iterable[str]) -> bool:
        """Delete what is stored and every lease, and say whether that was done. It never rests.

        Each key has its own command, since the keys of a cluster live in different places.
        """
        try:
            self._server.ask(*[("DEL", key) for key in keys])
        except NoReply as error:
            self._failed(error)
            return False
        return True

    def _ask(self, command: tuple[str | bytes, ...]) -> list[Reply]:
        if self._clock() < self._rests_until:
            raise NoReply("the cache did not answer a moment ago")
        try:
            return self._server.ask(command)
        except NoReply as error:
            self._failed(error)
            raise

    def _failed(self, error: NoReply) -> None:
        self._rests_until = self._clock() + REST_SECONDS
        log.warning("cache_failed", extra={"cause": str(error)})
