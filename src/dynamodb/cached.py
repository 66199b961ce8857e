"""The client with a cache beside it: single items of one table are read from there, or forgotten there.

`Cached` serves functions that only read. `Invalidating` serves those that write: they read the database itself, because
a write on an old item would be refused again and again. The cache makes no call fail.
"""

from __future__ import annotations

import json
from urllib.parse import unquote, urlsplit

from cache.leases import Leases
from cache.resp import Server
from dynamodb.connection import Connector
from dynamodb.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, Protocol

    from utils.deadline import Deadline

    class Caller(Protocol):
        """A client of DynamoDB, plain or with a cache beside it."""

        def open(self, timeout: float = 1.0) -> None:
            """Connect now. Never raises for an endpoint out of reach."""

        def call(self, operation: str, request: dict[str, Any], deadline: Deadline) -> dict[str, Any]:
            """The answer of DynamoDB to `operation`; a DynamoDBError when it refused or none came by the deadline."""


# A request with other fields asks for less than the whole item, or for an old one.
WHOLE_ITEM = {"TableName", "Key", "ConsistentRead"}
MAX_SECONDS = 3600


class _Beside:
    """`database`, and `leases` beside it for the items of `table`."""

    def __init__(self, database: Caller, leases: Leases, table: str) -> None:
        self._database = database
        self._leases = leases
        self._table = table

    def open(self, timeout: float = 1.0) -> None:
        """Connect to both now. Never raises for one out of reach."""
        self._database.open(timeout)
        self._leases.open(timeout)


class Cached(_Beside):
    """Reads single items of `table` from the cache, and everything else from `database`."""

    def call(self, operation: str, request: dict[str, Any], deadline: Deadline) -> dict[str, Any]:
        """As `Client.call`. An item may be from the cache."""
        if operation != "GetItem" or request["TableName"] != self._table or set(request) != WHOLE_ITEM:
            return self._database.call(operation, request, deadline)
        key = key_of(self._table, request["Key"])
        value, lease = self._leases.read(key)
        item = _item(value, request["Key"]) if value else None
        if item:
            return {"Item": item}
        answer = self._database.call(operation, request, deadline)
        if lease and "Item" in answer:
            self._leases.keep(key, lease, json.dumps(answer["Item"]).encode())
        return answer


class Invalidating(_Beside):
    """Calls `database`, and after each call forgets the items of `table` that the call named.

    After each, whatever came of it and even if it read. A call without a response may have written, and a later one
    shows it: a read that finds the write, or a refusal. And one that is refused because its caller had an old item lets
    the caller have the new one. A put needs nothing: it makes an item that was not there, and the cache does not say of
    any item that it is not there.
    """

    def call(self, operation: str, request: dict[str, Any], deadline: Deadline) -> dict[str, Any]:
        """As `Client.call`. The items are gone from the cache before this returns or raises."""
        try:
            return self._database.call(operation, request, deadline)
        finally:
            keys = [key_of(self._table, key) for key in _named(request, self._table)]
            if keys:
                self._leases.forget(keys)


def key_of(table: str, key: Mapping[str, Mapping[str, str]]) -> str:
    """The name in the cache of an item, from its key in the low-level form."""
    return "/".join([table, *(value for typed in key.values() for value in typed.values())])


def _named(request: Mapping[str, Any], table: str) -> Iterator[Mapping[str, Any]]:
    for each in request.get("TransactItems") or [{"": request}]:
        for action in each.values():
            if action.get("TableName") == table and "Key" in action:
                yield action["Key"]


def _item(value: bytes, key: Mapping[str, Any]) -> dict[str, Any] | None:
    """The item in a value, if it has this key."""
    try:
        item = json.loads(value)
    except (ValueError, RecursionError):
        return None
    ours = isinstance(item, dict) and all(item.get(name) == typed for name, typed in key.items())
    return item if ours else None


def with_cache(engine: str, database: Caller, environ: Mapping[str, str]) -> Cached | Invalidating:
    """`database` with the cache that CACHE_URL names, for the table of USERS_TABLE. Raises ConfigurationError."""
    kind = Cached if engine == "cached" else Invalidating
    return kind(database, leases(environ), environ.get("USERS_TABLE", ""))


def leases(environ: Mapping[str, str]) -> Leases:
    """The cache at CACHE_URL, `redis://` or with TLS `rediss://`, whose values live for CACHE_SECONDS.

    The URL may have a password, and a name before it. Raises ConfigurationError. Nothing is sent yet.
    """
    seconds = environ.get("CACHE_SECONDS", "")
    if not (seconds.isascii() and seconds.isdigit()) or not 1 <= int(seconds) <= MAX_SECONDS:
        raise ConfigurationError(f"CACHE_SECONDS must be an integer from 1 to {MAX_SECONDS}")
    try:
        url = urlsplit(environ.get("CACHE_URL", ""))
        port = url.port or 6379
    except ValueError:
        raise ConfigurationError("CACHE_URL is not a URL") from None
    if url.scheme not in ("redis", "rediss") or not url.hostname or url.path.strip("/") or url.query:
        raise ConfigurationError("CACHE_URL must be redis://HOST:PORT or rediss://HOST:PORT")
    connector = Connector(url.hostname, port, tls=url.scheme == "rediss", bundle=environ.get("AWS_CA_BUNDLE", ""))
    name, _, password = url.netloc.rpartition("@")[0].partition(":")
    login = ("AUTH", unquote(name) or "default", unquote(password)) if password else None
    return Leases(Server(connector.open_socket, login), int(seconds))
