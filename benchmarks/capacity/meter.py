"""Stands between a function and a DynamoDB, and notes each call with the capacity it consumed.

Plain HTTP on loopback. Requests get `ReturnConsumedCapacity`; answers pass through as they are. Beside the units the
database reports, the units are worked out from the items themselves by DynamoDB's published rules, so that one checks
the other.
"""

from __future__ import annotations

import http.client
import json
import math
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from benchmarks.capacity.indexes import WRITE_UNIT, Indexes, Item

READ_UNIT = 4096  # bytes
# Of the account of the emulator that our functions use in the benchmarks.
CREDENTIAL = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request"


@dataclass(frozen=True)
class Call:
    """One call: what the database said it consumed, and what the rules say."""

    operation: str
    status: int
    reads: float
    writes: float
    expected_reads: float
    expected_writes: float


class Meter:
    """Serves on a free loopback port until the `with` block ends."""

    def __init__(self, target: str) -> None:
        self.calls: list[Call] = []
        calls, host = self.calls, urlsplit(target).netloc
        indexes = Indexes(lambda operation, request: asked(host, operation, request), item_bytes)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                operation = self.headers["X-Amz-Target"].rpartition(".")[2]
                before = indexes.images(operation, request)
                status, headers, body = forward(host, dict(self.headers.items()), metered(operation, request))
                more = indexes.units(before, indexes.images(operation, request)) if before else 0.0
                calls.append(noted(operation, status, request, json.loads(body), more))
                self.send_response(status)
                for name in ("Content-Type", "x-amz-crc32", "x-amzn-RequestId"):
                    if headers.get(name):
                        self.send_header(name, headers[name])
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self) -> Meter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def endpoint(self) -> str:
        """Where functions find the database."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"


def metered(operation: str, request: dict[str, Any]) -> bytes:
    """The request, asking for what it consumed, where the operation can say so."""
    counted = operation not in ("CreateTable", "DescribeTable", "UpdateTimeToLive", "DeleteTable")
    return json.dumps({**request, "ReturnConsumedCapacity": "TOTAL"} if counted else request).encode()


def forward(host: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
    """The database's answer. The signature no longer fits the body; the emulator does not check it."""
    connection = http.client.HTTPConnection(host, timeout=30)
    try:
        kept = {name: value for name, value in headers.items() if name.lower() not in ("host", "content-length")}
        connection.request("POST", "/", body, kept)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        named = {
            "Content-Type": found.get("content-type", ""),
            "x-amz-crc32": found.get("x-amz-crc32", ""),
            "x-amzn-RequestId": found.get("x-amzn-requestid", ""),
        }
        return answer.status, named, answer.read()
    finally:
        connection.close()


def asked(host: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """The database's answer to a request of the meter itself, which is not counted."""
    headers = {"X-Amz-Target": f"DynamoDB_20120810.{operation}", "Content-Type": "application/x-amz-json-1.0"}
    _, _, body = forward(host, {**headers, "Authorization": CREDENTIAL}, json.dumps(request).encode())
    found: dict[str, Any] = json.loads(body)
    return found


def noted(
    operation: str, status: int, request: dict[str, Any], answer: dict[str, Any], of_indexes: float = 0.0
) -> Call:
    """What one call consumed, as told and as worked out; `of_indexes` are the write units of its table's indexes."""
    told = answer.get("ConsumedCapacity") or []
    units = sum(float(one["CapacityUnits"]) for one in (told if isinstance(told, list) else [told]))
    reading = operation in ("GetItem", "Query", "Scan", "BatchGetItem")
    reads, writes = expected(operation, request, answer)
    return Call(operation, status, units if reading else 0.0, 0.0 if reading else units, reads, writes + of_indexes)


def expected(operation: str, request: dict[str, Any], answer: dict[str, Any]) -> tuple[float, float]:
    """Read and write units by the rules: 4 KB a read, 1 KB a write, twice for a transaction, half for stale reads."""
    half = 1.0 if request.get("ConsistentRead") else 0.5
    if operation == "GetItem":
        return half * units_of(answer.get("Item"), READ_UNIT), 0.0
    if operation in ("Scan", "Query"):
        size = sum(item_bytes(item) for item in answer.get("Items", []))
        return half * max(1, math.ceil(size / READ_UNIT)), 0.0
    if operation == "BatchGetItem":
        return units_of_batch(request, answer), 0.0
    if operation == "TransactWriteItems":
        return 0.0, 2.0 * sum(units_of(action_item(action), WRITE_UNIT) for action in request["TransactItems"])
    return 0.0, float(units_of(request.get("Item") or answer.get("Attributes"), WRITE_UNIT))


def units_of_batch(request: dict[str, Any], answer: dict[str, Any]) -> float:
    """The read units of a batch. A key without an item takes one, and a key that is not processed takes none."""
    units = 0.0
    for table, part in request["RequestItems"].items():
        items = answer.get("Responses", {}).get(table, [])
        left = len(answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", []))
        missing = len(part["Keys"]) - len(items) - left
        half = 1.0 if part.get("ConsistentRead") else 0.5
        units += half * (sum(units_of(item, READ_UNIT) for item in items) + missing)
    return units


def action_item(action: dict[str, Any]) -> Item | None:
    """The item a transaction's Put writes. Of an Update or Delete only the key is known: one unit's worth at least."""
    put = action.get("Put")
    return put["Item"] if put else None


def units_of(item: Item | None, unit: int) -> int:
    """How many units an item fills; one where there is none."""
    return max(1, math.ceil(item_bytes(item or {}) / unit))


def item_bytes(item: Item) -> int:
    """The size of an item by DynamoDB's rules for strings and numbers."""
    return sum(len(name.encode()) + value_bytes(typed) for name, typed in item.items())


def value_bytes(typed: dict[str, Any]) -> int:
    """UTF-8 bytes of a string; one byte for two digits of a number, and one more."""
    if "S" in typed:
        return len(typed["S"].encode())
    if "N" in typed:
        return math.ceil(len(typed["N"].strip("-0.").replace(".", "")) / 2) + 1
    raise ValueError(f"no rule for {sorted(typed)}")
