"""What can go wrong with one request to DynamoDB: each kind of fault by its name.

A kind is given the exchange and returns whether the connection goes on. `exchange.real()` lets the request take effect
where the fault comes after it, and gives an answer to damage either way.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import time
from binascii import crc32
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; `encode()` is its bytes."""

    status: int
    headers: dict[str, str]
    body: bytes

    def encode(self) -> bytes:
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        head = f"HTTP/1.1 {self.status} Reason\r\n{lines}content-length: {len(self.body)}\r\n\r\n"
        return head.encode("latin-1") + self.body


@dataclass(frozen=True)
class Exchange:
    """One request that a fault was injected into."""

    client: socket.socket
    operation: str
    request: dict[str, Any]
    forward: Callable[[], Answer]
    after: bool
    afterwards: Callable[[], None]
    delay: Callable[[Callable[[], Any]], None]
    hold: float
    drip: float

    def real(self) -> Answer:
        """The server's answer where the fault comes after the effect, else one that looks like it."""
        if not self.after:
            return json_answer(200, {"Item": {}, "Items": [], "Attributes": {}})
        answer = self.forward()
        self.afterwards()
        return answer


Kind = Callable[[Exchange], bool]


def _nothing() -> None:
    """Nobody else is there."""


ONCE, TWICE, BUDGET, ALWAYS = 1, 2, 4, 1_000_000
TIMES = {"once": ONCE, "twice": TWICE, "budget": BUDGET, "always": ALWAYS}


@dataclass(frozen=True)
class Fault:
    """Inject `kind` into the `nth` request of an operation ('*' for any) and as many after it as `times` says.

    `after` lets the request take effect first. Another writer's turn is `meanwhile`, before the request takes effect,
    and `afterwards`, when it has and before its answer is lost.
    """

    operation: str
    nth: int
    kind: str
    after: bool = False
    times: int = ONCE
    meanwhile: Callable[[], Any] = _nothing
    afterwards: Callable[[], Any] = _nothing

    def concerns(self, operation: str) -> bool:
        """Whether this fault is for the operation."""
        return self.operation in ("*", operation)

    def hits(self, number: int) -> bool:
        """Whether this fault is for the request of that number, counted from 1."""
        return self.nth <= number < self.nth + self.times


def json_answer(status: int, document: dict[str, Any]) -> Answer:
    """An answer as DynamoDB gives it, with its checksum."""
    body = json.dumps(document).encode()
    return Answer(status, {"content-type": "application/x-amz-json-1.0", "x-amz-crc32": str(crc32(body))}, body)


def error(code: str, status: int, **members: Any) -> Kind:
    """DynamoDB refuses with a code."""
    document = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "secret inner words", **members}

    def kind(exchange: Exchange) -> bool:
        exchange.real()
        exchange.client.sendall(json_answer(status, document).encode())
        return True

    return kind


def canceled(*codes: str, first: int = 0) -> Kind:
    """A transaction is canceled for these reasons, from the action `first` on; the others have the reason None.

    It never took effect.
    """

    def kind(exchange: Exchange) -> bool:
        reasons = [{"Code": "None"} for _ in exchange.request["TransactItems"]]
        for action, code in enumerate(codes, first):
            reasons[min(action, len(reasons) - 1)] = {"Code": code, "Message": "secret inner words"}
        return error("TransactionCanceledException", 400, CancellationReasons=reasons)(exchange)

    return kind


def damaged(damage: Callable[[Answer], Answer]) -> Kind:
    """The answer arrives, but not as it was sent."""

    def kind(exchange: Exchange) -> bool:
        exchange.client.sendall(damage(exchange.real()).encode())
        return True

    return kind


def flipped(answer: Answer) -> Answer:
    """One bit in the middle of the body is wrong; the checksum still tells of the body as it was."""
    body = bytearray(answer.body)
    body[len(body) // 2] ^= 0x01
    return Answer(answer.status, {**answer.headers, "x-amz-crc32": str(crc32(answer.body))}, bytes(body))


def garbled(answer: Answer) -> Answer:
    """Not JSON and not UTF-8 any more, and no checksum to say so."""
    headers = {name: value for name, value in answer.headers.items() if name != "x-amz-crc32"}
    return Answer(answer.status, headers, b"\xff" + answer.body[1:])


def page(status: int) -> Kind:
    """Something in front of DynamoDB answers with a page for people."""

    def kind(exchange: Exchange) -> bool:
        exchange.real()
        body = b"<html><body>secret inner words</body></html>"
        exchange.client.sendall(Answer(status, {"content-type": "text/html"}, body).encode())
        return True

    return kind


def reset(exchange: Exchange) -> bool:
    """The connection is reset."""
    exchange.real()
    exchange.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def closed(exchange: Exchange) -> bool:
    """The connection ends without an answer."""
    exchange.real()
    return False


def hang(exchange: Exchange) -> bool:
    """No answer comes, until the client gives up or `hold` is over."""
    exchange.real()
    select.select([exchange.client], [], [], exchange.hold)
    return False


def delayed(exchange: Exchange) -> bool:
    """The request is under way for so long that its client gives up and asks again, and it arrives after that."""
    select.select([exchange.client], [], [], exchange.hold)
    exchange.delay(exchange.forward)
    return False


def truncated(exchange: Exchange) -> bool:
    """The answer breaks off in its body, or in its head where the body is tiny."""
    answer = exchange.real()
    exchange.client.sendall(answer.encode()[: -(len(answer.body) // 2 + 1)])
    return False


def beheaded(exchange: Exchange) -> bool:
    """The answer breaks off in its first line."""
    exchange.real()
    exchange.client.sendall(b"HTTP/1.1 2")
    return False


def nonsense(exchange: Exchange) -> bool:
    """What comes back is not HTTP."""
    exchange.real()
    exchange.client.sendall(b"\x15\x03\x01\x00\x02\x02\x16\r\n\r\n")
    return False


def slow(exchange: Exchange) -> bool:
    """The answer drips, byte by byte, longer than a client should wait."""
    raw = exchange.real().encode()
    for start in range(len(raw)):
        time.sleep(exchange.drip / len(raw))
        exchange.client.sendall(raw[start : start + 1])
    return True


def late(exchange: Exchange) -> bool:
    """The answer is right, and late, and in time."""
    answer = exchange.forward()
    time.sleep(0.03)
    exchange.client.sendall(answer.encode())
    return True


def parting(exchange: Exchange) -> bool:
    """The answer is right, and the connection ends behind it without a word."""
    exchange.client.sendall(exchange.forward().encode())
    return False


def interim(exchange: Exchange) -> bool:
    """An interim answer comes first."""
    exchange.client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" + exchange.forward().encode())
    return True


THROTTLED: dict[str, Kind] = {
    code: error(code, 400)
    for code in ("ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded")
}
BROKEN: dict[str, Kind] = {
    "InternalServerError": error("InternalServerError", 500),
    "ServiceUnavailable": error("ServiceUnavailable", 503),
    "page 500": page(500),
    "page 503": page(503),
    "reset": reset,
    "closed": closed,
    "hang": hang,
    "delayed": delayed,
    "slow": slow,
    "truncated": truncated,
    "beheaded": beheaded,
    "nonsense": nonsense,
    "flipped": damaged(flipped),
    "garbled": damaged(garbled),
}
STALLING = frozenset(["hang", "slow", "delayed"])
HARMLESS: dict[str, Kind] = {"late": late, "parting": parting, "interim": interim}
# What a transaction alone can meet. Only the first comes from a request that is still at work; none takes effect.
CONTENDED: dict[str, Kind] = {
    "TransactionInProgressException": error("TransactionInProgressException", 400),
    **{
        f"canceled {action} {code}": canceled(code, first=action)
        for code in ("TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded")
        for action in (0, 1, 2)
    },
    # another transaction is being made: one of its items is seen already, the other is still in the way
    "half seen": canceled("TransactionConflict", "ConditionalCheckFailed"),
}
REFUSED: dict[str, Kind] = {
    f"canceled {action} ConditionalCheckFailed": canceled("ConditionalCheckFailed", first=action)
    for action in (0, 1, 2)
}
# What a single write meets while a transaction holds its item.
HELD: dict[str, Kind] = {"TransactionConflictException": error("TransactionConflictException", 400)}


def _forwarded(exchange: Exchange) -> bool:
    exchange.client.sendall(exchange.forward().encode())
    return True


def stale(exchange: Exchange) -> bool:
    """A read that does not ask for consistency is answered by a replica that has seen nothing yet."""
    reads = exchange.operation in ("GetItem", "Scan", "Query")
    if reads and not exchange.request.get("ConsistentRead"):
        nothing = {} if exchange.operation == "GetItem" else {"Items": [], "Count": 0}
        exchange.client.sendall(json_answer(200, nothing).encode())
        return True
    return _forwarded(exchange)


def empty_page(exchange: Exchange) -> bool:
    """A page of nothing, with a key to go on from."""
    key = {"userId": {"S": "00000000-0000-4000-8000-000000000000"}}
    exchange.client.sendall(json_answer(200, {"Items": [], "Count": 0, "LastEvaluatedKey": key}).encode())
    return True


FAULTS: dict[str, Kind] = {**THROTTLED, **BROKEN, **HARMLESS, **CONTENDED, **REFUSED, **HELD}
KINDS: dict[str, Kind] = {**FAULTS, "none": _forwarded, "stale": stale, "empty page": empty_page}
