"""Cursors: the position where a list continues, as an opaque string that clients cannot forge.

A cursor is base64url of:

    format (1 byte) | period (4) | expires (4) | id of the last user (16) | MAC (16)

The MAC is HMAC-SHA-256, cut to 16 bytes. It covers all bytes before it, and the route and query of the cursor.
Each period of a week has a random secret, made on first use and kept in the table of claims. It is there until no
cursor of its period can be valid. The secret rotates by itself and is in no file, template or environment.
"""

from __future__ import annotations

import os
from binascii import a2b_base64, b2a_base64
from hmac import compare_digest, digest

from dynamodb.errors import ConditionalCheckFailed
from dynamodb.values import to_item
from users.expressions import Expression
from users.reading import available
from users.user import user_id_of
from utils.errors import ExpiredCursor, InvalidCursor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from users.reading import Call

PERIOD_SECONDS = 7 * 24 * 60 * 60
VALID_SECONDS = 24 * 60 * 60

_FORMAT = 1
_MAC = 16
_SIZE = 1 + 4 + 4 + 16 + _MAC
_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


class Cursors:
    """Makes and reads the cursors of one table; `known` keeps secrets between requests, by period."""

    def __init__(
        self, call: Call, keys_table: str, *, clock: Callable[[], float], known: MutableMapping[int, bytes]
    ) -> None:
        self._call = available(call)
        self._keys = keys_table
        self._clock = clock
        self._known = known

    def encode(self, user_id: str, bound_to: str) -> str:
        """The cursor that continues after `user_id`, good for a day and only where it is `bound_to`."""
        return self.seal(_FORMAT, bytes.fromhex(user_id.replace("-", "")), bound_to)

    def decode(self, cursor: str, bound_to: str) -> str:
        """The user id that `cursor` continues after. Raises InvalidCursor, ExpiredCursor."""
        return user_id_of(self.unseal(_from_text(cursor), bound_to).hex())

    def seal(self, format_: int, position: bytes, bound_to: str) -> str:
        """The cursor that has a position, in one of the formats."""
        now = int(self._clock())
        period = now // PERIOD_SECONDS
        content = bytes([format_]) + _number(period) + _number(now + VALID_SECONDS) + position
        secret = self._secret(period) or self._new_secret(period)
        return _to_text(content + _mac(secret, content, bound_to))

    def unseal(self, raw: bytes, bound_to: str) -> bytes:
        """The position in the bytes of a cursor. Raises InvalidCursor, ExpiredCursor."""
        content, mac = raw[:-_MAC], raw[-_MAC:]
        period, now = int.from_bytes(content[1:5], "big"), int(self._clock())
        current = now // PERIOD_SECONDS
        if not current - 1 <= period <= current:
            raise ExpiredCursor if period < current else InvalidCursor
        secret = self._secret(period)
        if not secret or not compare_digest(mac, _mac(secret, content, bound_to)):
            raise InvalidCursor
        if int.from_bytes(content[5:9], "big") <= now:
            raise ExpiredCursor
        return content[9:]

    def _secret(self, period: int) -> bytes | None:
        if period not in self._known:
            request = {"TableName": self._keys, "Key": to_item({"key": _name(period)}), "ConsistentRead": True}
            item = self._call("GetItem", request).get("Item")
            if not item:
                return None
            self._known[period] = bytes.fromhex(item["secret"]["S"])
        return self._known[period]

    def _new_secret(self, period: int) -> bytes:
        """Make the period's secret, unless another function has just done so: then that one."""
        secret = os.urandom(32)
        last_use = (period + 1) * PERIOD_SECONDS + VALID_SECONDS
        item = to_item({"key": _name(period), "secret": secret.hex(), "expiresAt": last_use})
        try:
            self._call("PutItem", Expression().require_absent("key").condition(TableName=self._keys, Item=item))
        except ConditionalCheckFailed as error:
            secret = bytes.fromhex(error.item["secret"]["S"])  # type: ignore[index]
        self._known[period] = secret
        return secret


def _mac(secret: bytes, content: bytes, bound_to: str) -> bytes:
    return digest(secret, content + bound_to.encode(), "sha256")[:_MAC]


def _name(period: int) -> str:
    return f"cursor-secret#{period}"


def _number(value: int) -> bytes:
    return value.to_bytes(4, "big")


def _to_text(raw: bytes) -> str:
    return b2a_base64(raw, newline=False).decode().replace("+", "-").replace("/", "_").rstrip("=")


def _from_text(cursor: str) -> bytes:
    """The bytes of a cursor, which has one spelling only. Raises InvalidCursor."""
    text = cursor[1:-1] if len(cursor) > 2 and cursor[0] == cursor[-1] == '"' else cursor  # a JSON string is as good
    if not _ALPHABET.issuperset(text) or len(text) > 2 * _SIZE:
        raise InvalidCursor
    try:
        raw = a2b_base64(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4))
    except ValueError:
        raise InvalidCursor from None
    if len(raw) != _SIZE or raw[0] != _FORMAT or _to_text(raw) != text:
        raise InvalidCursor
    return raw
