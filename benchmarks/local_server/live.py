"""Live updates of `make run`: the time from the response to a write to the message, with many open connections.

Each connection follows one of a hundred users. Writes come one after the other, and each is timed at one connection.
"""

from __future__ import annotations

import asyncio
import datetime
import json
import random
import tempfile
import time
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, Message, Ping, Request, TextMessage

from benchmarks.ground.figures import summary
from benchmarks.ground.interpreter import BenchmarkError, running
from benchmarks.local_server.load import created
from benchmarks.local_server.servers import on_folder
from benchmarks.stage import machine

CONNECTIONS = 1_000
USERS = 100
WRITES = 300
AT_ONCE = 8  # connections that open at the same time
PATIENCE = 30.0
SETTLING = 240.0
PARAMETERS = "ThrottleRate=10000 ThrottleBurst=5000 LiveUpdates=true MailSender="


class Follower:
    """A connection that follows one user. `told` has the version of each message."""

    def __init__(self, user: str) -> None:
        self.user = user
        self.protocol = WSConnection(ConnectionType.CLIENT)
        self.told: asyncio.Queue[tuple[float, dict[str, Any]]] = asyncio.Queue()

    async def open(self, ticket: dict[str, Any]) -> None:
        """Connect and subscribe."""
        address = urlsplit(ticket["url"])
        self.reader, self.writer = await asyncio.open_connection(address.hostname, address.port)
        self.send(Request(host=address.netloc, target=address.path, subprotocols=ticket["protocols"]))
        self.reading = asyncio.create_task(self.read())
        await self.message("opened")
        self.send(Message(data=json.dumps({"action": "subscribe", "to": f"users/{self.user}"})))
        await self.message("subscribed")

    def send(self, event: Any) -> None:
        """Send an event of the protocol."""
        self.writer.write(self.protocol.send(event))

    async def read(self) -> None:
        """Take in what comes, with the time at which it came."""
        while data := await self.reader.read(65536):
            now = time.perf_counter()
            self.protocol.receive_data(data)
            for event in self.protocol.events():
                if isinstance(event, AcceptConnection):
                    self.told.put_nowait((now, {"type": "opened"}))
                elif isinstance(event, Ping):  # the server closes a connection that does not respond
                    self.send(event.response())
                elif isinstance(event, TextMessage):
                    self.told.put_nowait((now, json.loads(event.data)))

    async def message(self, kind: str, version: int = 0, patience: float = PATIENCE) -> float:
        """The time of the next message of a type, about a version of the user or a newer one. Raises TimeoutError."""
        async with asyncio.timeout(patience):
            while True:
                now, message = await self.told.get()
                if message.get("type", "error") == "error":
                    raise BenchmarkError(f"a request failed: {message}")
                if message["type"] == kind and message.get("userVersion", 0) >= version:
                    return now


def run(load: float, connections: int = CONNECTIONS, writes: int = WRITES) -> dict[str, Any]:
    """Milliseconds from the response to the message."""
    with tempfile.TemporaryDirectory(prefix="users-api-live-") as data:
        for url, _ in on_folder(data, more={"PARAMETERS": PARAMETERS}):
            seconds = asyncio.run(measured(url, connections, writes))
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine.description(running(), load),
        "connections": connections,
        "writes": writes,
        "ms": summary([1000 * each for each in seconds]),
    }


async def measured(url: str, connections: int, writes: int) -> list[float]:
    """Open the connections, then write; the seconds of each message."""
    users = [await asyncio.to_thread(created, url, number) for number in range(USERS)]
    versions = dict.fromkeys(users, 1)
    followers = [Follower(users[number % USERS]) for number in range(connections)]
    gate = asyncio.Semaphore(AT_ONCE)

    async def opened(follower: Follower) -> None:
        async with gate:
            await follower.open(await asyncio.to_thread(asked, url, "POST", "/live/tickets"))

    await asyncio.gather(*map(opened, followers))
    try:
        await written(url, followers[0], versions, SETTLING)  # the events of the new users come first
        return [await written(url, random.choice(followers), versions) for _ in range(writes)]
    except TimeoutError:
        raise BenchmarkError("a message did not arrive") from None


async def written(url: str, follower: Follower, versions: dict[str, int], patience: float = PATIENCE) -> float:
    """Write once; the seconds from the response to the message."""
    versions[follower.user] += 1
    version = versions[follower.user]
    body = {"name": f"Name {version}"}
    await asyncio.to_thread(asked, url, "PATCH", f"/users/{follower.user}", body)
    answered = time.perf_counter()
    return max(0.0, await follower.message("update", version, patience) - answered)


def asked(url: str, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """The response to one request."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}{path}", data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)
        return found
