"""python -m benchmarks.stage.stub FOLDER - a DynamoDB that always answers the same, over TLS, in about 0.1 ms.

Serves localhost with the certificate in FOLDER on two ports and prints them: the first keeps connections open, the
second closes each after one response. It stops when its standard input closes.
It is a stub on purpose: the benchmark measures the functions, not a database.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import ssl
import sys
import threading
import zlib
from pathlib import Path

USER_ID = "6f1d9c1e-3b52-4a43-9a3c-0d6f5b1e7a11"
ITEM = {
    "userId": {"S": USER_ID},
    "name": {"S": "Ada Lovelace"},
    "email": {"S": "ada@example.com"},
    "age": {"N": "36"},
    "createdAt": {"S": "2026-01-01T00:00:00.000Z"},
    "updatedAt": {"S": "2026-01-01T00:00:00.000Z"},
    "version": {"N": "1"},
    "lastWrite": {"S": "f0b7c1d2e3a4958677889900aabbccdd"},
}
# Of the index of the search: an entry of one word for each of four users.
FOUND = [f"{USER_ID[:-1]}{number}" for number in range(4)]
ENTRIES = [
    {
        "shard": {"S": "1#n#ad#0"},
        "place": {"S": f"ada\0ada lovelace\0{user_id}"},
        "nameWords": {"S": "ada lovelace"},
        "emailWords": {"S": "example.com"},
        "domain": {"S": "example.com"},
        "createdAt": ITEM["createdAt"],
        "placedAt": {"S": ""},
        "namedAt": {"S": ""},
    }
    for user_id in FOUND
]
ANSWERS: dict[str, object] = {
    "GetItem": {"Item": ITEM},
    "PutItem": {},
    "UpdateItem": {"Attributes": ITEM},
    "DeleteItem": {"Attributes": ITEM},
    "TransactWriteItems": {},
    "Query": {"Items": ENTRIES, "Count": len(ENTRIES), "ScannedCount": len(ENTRIES)},
    "BatchGetItem": {"Responses": {"Users": [{**ITEM, "userId": {"S": user_id}} for user_id in FOUND]}},
    "Scan": {"Items": [ITEM] * 25, "Count": 25, "ScannedCount": 25},
    "DescribeEndpoints": {"Endpoints": []},
}
MOST_HEADER_BYTES = 32768


def response(answer: object) -> bytes:
    """A whole HTTP response of the DynamoDB API, checksum included."""
    body = json.dumps(answer, separators=(",", ":")).encode()
    head = (
        f"HTTP/1.1 200 OK\r\nServer: Server\r\nContent-Type: application/x-amz-json-1.0\r\n"
        f"Content-Length: {len(body)}\r\nConnection: keep-alive\r\n"
        f"x-amzn-RequestId: {'A' * 52}\r\nx-amz-crc32: {zlib.crc32(body)}\r\n\r\n"
    )
    return head.encode() + body


RESPONSES = {name.encode(): response(answer) for name, answer in ANSWERS.items()}
UNKNOWN = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: 76\r\n\r\n"
    b'{"__type":"com.amazon.coral.service#UnknownOperationException","message":""}'
)


def main(folder: Path) -> None:
    """Serve until standard input ends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    ports = []
    for open_after in (True, False):
        listeners = listen()
        for listener in listeners:
            threading.Thread(target=accept, args=(listener, context, open_after), daemon=True).start()
        ports.append(listeners[0].getsockname()[1])
    print(*ports, flush=True)
    sys.stdin.read()
    os._exit(0)


def listen() -> list[socket.socket]:
    """One port on both loopback addresses, because `localhost` may mean either."""
    first = socket.create_server(("127.0.0.1", 0))
    listeners = [first]
    with contextlib.suppress(OSError):
        listeners.append(socket.create_server(("::1", first.getsockname()[1]), family=socket.AF_INET6))
    return listeners


def accept(listener: socket.socket, context: ssl.SSLContext, open_after: bool) -> None:
    """A thread for each connection."""
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, context, open_after), daemon=True).start()


def serve(connection: socket.socket, context: ssl.SSLContext, open_after: bool) -> None:
    """Answer request after request until the client leaves; only one unless `open_after`."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as secure:
        waiting = b""
        while True:
            while b"\r\n\r\n" not in waiting:
                received = secure.recv(65536)
                if not received or len(waiting) > MOST_HEADER_BYTES:
                    return
                waiting += received
            head, _, rest = waiting.partition(b"\r\n\r\n")
            headers = fields(head)
            missing = int(headers.get(b"content-length", b"0")) - len(rest)
            while missing > 0:
                received = secure.recv(65536)
                if not received:
                    return
                rest += received
                missing -= len(received)
            waiting = b""
            operation = headers.get(b"x-amz-target", b"").rpartition(b".")[2]
            answer = RESPONSES.get(operation, UNKNOWN)
            if not open_after:
                secure.sendall(closing(answer))
                return
            secure.sendall(answer)


def closing(answer: bytes) -> bytes:
    """The same response, saying that the connection ends with it."""
    return answer.replace(b"Connection: keep-alive", b"Connection: close")


def fields(head: bytes) -> dict[bytes, bytes]:
    """The header fields, names in lower case."""
    pairs = (line.partition(b":") for line in head.split(b"\r\n")[1:])
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
