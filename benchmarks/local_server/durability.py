"""What durability costs: writes to the emulated AWS, beside ministack as it comes, which keeps nothing through a crash.

    python -m benchmarks.local_server.durability [--writes N] [--rounds N]

Rounds alternate between the servers, and the best round of each counts, because other work on the machine only ever
adds. Server CPU is what the operating system charged the process.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.ground.interpreter import ROOT
from benchmarks.local_server.servers import free_port

TABLE = {
    "BillingMode": "PAY_PER_REQUEST",
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}
SIGNED = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"
OURS = [sys.executable, "-m", "local.aws"]


@dataclass(frozen=True)
class Round:
    """One measurement: latencies in milliseconds, operations per second, server CPU in microseconds per operation."""

    median: float
    p99: float
    rate: float
    cpu: float


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.local_server.durability")
    parser.add_argument("--writes", type=int, default=500, help="operations in each round")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        servers = {name: stack.enter_context(server(command)) for name, command in commands(stack).items()}
        print(f"{'server':22} {'operation':10} {'clients':>7} {'p50 ms':>8} {'p99 ms':>8} {'per s':>7} {'CPU us':>7}")
        for operation in ("GetItem", "PutItem", "Transact"):
            for clients in (1, 10):
                rounds: dict[str, list[Round]] = {name: [] for name in servers}
                for _ in range(options.rounds):
                    for name, (port, pid) in servers.items():
                        rounds[name].append(measure(port, pid, operation, clients, options.writes))
                for name, done in rounds.items():
                    print(line(name, operation, clients, done), flush=True)
    return 0


def commands(stack: contextlib.ExitStack) -> dict[str, list[str]]:
    """The servers' command lines; PORT stands for the port."""
    folders = [
        stack.enter_context(tempfile.TemporaryDirectory(prefix="users-api-", dir=ROOT / ".local")) for _ in range(2)
    ]
    return {
        "ministack as it comes": [sys.executable, "-m", "ministack"],
        "local.aws": [*OURS, "--data", folders[0], "--port", "PORT"],
        "local.aws --no-fsync": [*OURS, "--no-fsync", "--data", folders[1], "--port", "PORT"],
    }


@contextlib.contextmanager
def server(command: list[str]) -> Iterator[tuple[int, int]]:
    """A running server with the two tables: its port and process id."""
    port = free_port()
    with tempfile.TemporaryDirectory() as scratch:
        process = launched([part.replace("PORT", str(port)) for part in command], port, scratch)
        try:
            fill(port)
            yield port, process.pid
        finally:
            process.terminate()
            process.wait()


def launched(command: list[str], port: int, scratch: str) -> subprocess.Popen[bytes]:
    """The server's process; its temporary files go to `scratch`."""
    environment = {
        **os.environ,
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "TMPDIR": scratch,
    }
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def fill(port: int) -> None:
    """Create the two tables, and the user that is read."""
    connection = connected(port)
    for name in ("Users", "UserKeys"):
        call(connection, "CreateTable", {"TableName": name, **TABLE})
    call(connection, "PutItem", {"TableName": "Users", "Item": item("fixed")})
    connection.close()


def connected(port: int) -> socket.socket:
    """A connection, once the server listens."""
    until = time.monotonic() + 20
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", port))
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection


def call(connection: socket.socket, operation: str, request: dict[str, object]) -> None:
    """One request over a bare socket, so that the client costs next to nothing; RuntimeError when it is refused."""
    body = json.dumps(request).encode()
    head = (
        f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-amz-json-1.0\r\n"
        f"X-Amz-Target: DynamoDB_20120810.{operation}\r\nAuthorization: {SIGNED}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    connection.sendall(head.encode() + body)
    answer = received(connection, b"", lambda data: b"\r\n\r\n" in data)
    head_bytes, _, rest = answer.partition(b"\r\n\r\n")
    lines = head_bytes.lower().split(b"\r\n")
    length = int(next(line for line in lines if line.startswith(b"content-length")).split(b":")[1])
    rest = received(connection, rest, lambda data: len(data) >= length)
    if b" 200" not in lines[0]:
        raise RuntimeError(f"{operation} was refused: {rest!r}")


def received(connection: socket.socket, data: bytes, enough: Callable[[bytes], bool]) -> bytes:
    """More and more of the answer until it is enough."""
    while not enough(data):
        more = connection.recv(65536)
        if not more:
            raise RuntimeError("the server closed the connection")
        data += more
    return data


def item(identifier: str) -> dict[str, dict[str, str]]:
    """A user as an item."""
    text = {
        "id": identifier,
        "name": "Ada Lovelace",
        "email": f"{identifier}@example.com",
        "createdAt": "2026-01-01T00:00:00.000Z",
        "updatedAt": "2026-01-01T00:00:00.000Z",
        "lastWrite": identifier,
    }
    return {**{name: {"S": value} for name, value in text.items()}, "age": {"N": "36"}, "version": {"N": "1"}}


def request(operation: str) -> tuple[str, dict[str, object]]:
    """A request of the kind that the API makes."""
    new = str(uuid.uuid4())
    free = {"ConditionExpression": "attribute_not_exists(id)"}
    if operation == "GetItem":
        return "GetItem", {"TableName": "Users", "Key": {"id": {"S": "fixed"}}, "ConsistentRead": True}
    user: dict[str, object] = {"TableName": "Users", "Item": item(new), **free}
    if operation == "PutItem":
        return "PutItem", user
    claim = {"TableName": "UserKeys", "Item": {"id": {"S": f"email#{new}"}, "userId": {"S": new}}, **free}
    return "TransactWriteItems", {"ClientRequestToken": new, "TransactItems": [{"Put": user}, {"Put": claim}]}


def measure(port: int, pid: int, operation: str, clients: int, operations: int) -> Round:
    """One round by some clients at once."""
    latencies: list[float] = []

    def client() -> None:
        connection = connected(port)
        for _ in range(operations // clients):
            made = request(operation)
            started = time.perf_counter()
            call(connection, *made)
            latencies.append((time.perf_counter() - started) * 1000)
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(clients)]
    before, started = cpu_seconds(pid), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, cpu = time.perf_counter() - started, cpu_seconds(pid) - before
    if len(latencies) != operations // clients * clients:
        raise RuntimeError("a client failed")
    latencies.sort()
    return Round(
        latencies[len(latencies) // 2],
        latencies[len(latencies) * 99 // 100],
        len(latencies) / took,
        cpu / len(latencies) * 1e6,
    )


def cpu_seconds(pid: int) -> float:
    """CPU time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def line(name: str, operation: str, clients: int, rounds: list[Round]) -> str:
    """One row: the best figure of all rounds, each by itself."""
    return (
        f"{name:22} {operation:10} {clients:7} {min(r.median for r in rounds):8.3f} "
        f"{min(r.p99 for r in rounds):8.3f} {max(r.rate for r in rounds):7.0f} {min(r.cpu for r in rounds):7.0f}"
    )


if __name__ == "__main__":
    sys.exit(main())
