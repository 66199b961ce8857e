"""A proxy on loopback between a DynamoDB client and a server that speaks DynamoDB, which does what it is armed to do.

Every request is a scheduling point: it can be lost, refused, answered wrongly or never, before the server has seen it
or after the server has acted on it, and another writer can be let in first.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.proofs.faults.kinds import KINDS, STALLING, Answer, Exchange, Fault, Kind


@dataclass(frozen=True)
class Seen:
    """One request as it came over the wire; `fault` is the kind injected into it, '' for none."""

    operation: str
    request: dict[str, Any]
    fault: str


@dataclass
class Armed:
    """What the proxy is to do; `counts` are the requests seen since, by operation."""

    faults: tuple[Fault, ...] = ()
    storm: Any = None  # called with (operation, request): a Fault or None
    counts: Counter[str] = field(default_factory=Counter)

    def stalls(self, operation: str) -> bool:
        """Whether a client that sends this operation next will have to wait until it gives up, or may have to."""
        return bool(self.storm) or any(
            fault.kind in STALLING and fault.concerns(operation) and fault.hits(self.counts[fault.operation] + 1)
            for fault in self.faults
        )

    def next(self, operation: str, request: dict[str, Any]) -> Fault | None:
        """The fault for this request, if there is one."""
        self.counts.update([operation, "*"])
        for fault in self.faults:
            if fault.concerns(operation) and fault.hits(self.counts[fault.operation]):
                return fault
        return self.storm(operation, request) if self.storm else None


class FaultProxy:
    """Listens on a free port of 127.0.0.1; `endpoint` is its URL. Forwards to `upstream` what no fault keeps back.

    `hold` is how long a hanging answer is held, and `drip` how long a slow one takes, in seconds.
    """

    def __init__(self, upstream: str, *, hold: float = 5.0, drip: float = 0.75) -> None:
        self.hold = hold
        self.drip = drip
        self.seen: list[Seen] = []
        self.broken: list[Exception] = []  # what the proxy itself did wrong, or another writer's request found wrong
        self._upstream = urlsplit(upstream)
        self._armed = Armed()
        self._delayed: list[Callable[[], Any]] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> FaultProxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening and drop every connection."""
        # a thread blocked in accept() is woken by shutdown, not by close
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()

    def drop(self) -> None:
        """Close every connection there is, as an idle load balancer would."""
        for client in list(self._open):
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def arm(self, *faults: Fault, storm: Any = None) -> None:
        """From now on, inject these; what was armed before is forgotten, and so is what was seen."""
        with self._lock:
            self._armed = Armed(faults, storm)
            self.seen = []

    def stalls(self, operation: str) -> bool:
        """Whether what is armed makes a client that sends this operation next wait until it gives up."""
        return self._armed.stalls(operation)

    def disarm(self) -> None:
        """From now on, forward everything; what was seen is kept, and what is under way arrives."""
        with self._lock:
            self._armed = Armed()
        self._arrive()

    def _arrive(self) -> None:
        """Let the requests that were delayed take effect."""
        while self._delayed:
            self._delayed.pop(0)()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open.add(client)
        server = http.client.HTTPConnection(str(self._upstream.hostname), self._upstream.port, timeout=10)
        try:
            with client.makefile("rb") as stream:
                while (request := _read(stream)) and self._exchange(client, server, *request):
                    pass
        except OSError:
            pass  # the client has gone, which is its right
        except Exception as error:
            self.broken.append(error)
        finally:
            self._open.discard(client)
            server.close()
            client.close()

    def _exchange(
        self, client: socket.socket, server: http.client.HTTPConnection, headers: dict[str, str], body: bytes
    ) -> bool:
        """Answer one request; whether the connection goes on."""
        operation = headers["x-amz-target"].rpartition(".")[2]
        request = json.loads(body)
        with self._lock:
            fault = self._armed.next(operation, request)
            self.seen.append(Seen(operation, request, fault.kind if fault else ""))

        def forward() -> Answer:
            return self._forward(server, headers, body)

        if not fault:
            answer = forward()
            if operation not in ("GetItem", "Scan"):
                self._arrive()
            client.sendall(answer.encode())
            return True
        fault.meanwhile()
        exchange = Exchange(client, operation, request, forward, fault.after, fault.afterwards, self._delayed.append,
                            self.hold, self.drip)  # fmt: skip
        kind: Kind = KINDS[fault.kind]
        return kind(exchange)

    def _forward(self, server: http.client.HTTPConnection, headers: dict[str, str], body: bytes) -> Answer:
        server.request("POST", "/", body, headers)
        answer = server.getresponse()
        content = answer.read()
        kept = {name.lower(): value for name, value in answer.getheaders()}
        names = ("content-type", "x-amzn-requestid", "x-amz-crc32")
        return Answer(answer.status, {name: kept[name] for name in names if name in kept}, content)


def _read(stream: Any) -> tuple[dict[str, str], bytes] | None:
    """The headers (names in lower case) and body of the next request; None when there is none."""
    if not stream.readline():
        return None
    headers: dict[str, str] = {}
    while (text := stream.readline().decode("latin-1").strip()) != "":
        name, _, value = text.partition(":")
        headers[name.lower()] = value.strip()
    size = int(headers.get("content-length", "0"))
    body = stream.read(size)
    return (headers, body) if len(body) == size else None
