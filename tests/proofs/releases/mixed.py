"""Two releases behind one pair of tables, each request to either of them at random, also over HTTP."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from local.gateway.access.keys import Limits
from local.gateway.api import read_api
from local.gateway.rest_api import Gateway
from local.template.intrinsics import ACCOUNT, REGION
from local.template.source import read_template
from local.template.transform import load
from local.wire.server import Server
from tests.proofs.releases.release import Release
from tests.template.stack import TEMPLATE

NAMES = ("CreateUser", "GetUser", "ListUsers", "UpdateUser", "DeleteUser")


class Mixed:
    """Sends each call to one of two releases, as the seed has it. `pairs` has each two calls: (release, name) twice."""

    def __init__(self, releases: tuple[Release, Release], seed: int) -> None:
        self.releases = releases
        self.random = random.Random(seed)
        self.last: tuple[int, str] | None = None
        self.pairs: set[tuple[tuple[int, str], tuple[int, str]]] = set()

    def call(self, name: str, event: dict[str, Any]) -> Any:
        """What the function of one of the releases returns."""
        which = self.random.randrange(2)
        if self.last:
            self.pairs.add((self.last, (which, name)))
        self.last = (which, name)
        return self.releases[which].call(name, event)


class Function:
    """A function of users in both releases, as the gateway wants functions to be."""

    def __init__(self, name: str, mixed: Mixed) -> None:
        logical_id = f"{name}Function"
        physical = f"users-api-{logical_id}"
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{physical}"
        self.settings = SimpleNamespace(logical_id=logical_id, name=physical, arn=arn)
        self.name, self.mixed = name, mixed

    async def invoke(self, event: Any, wait: float | None = None) -> tuple[Any, str]:
        """Its answer, and a request id."""
        call = asyncio.to_thread(self.mixed.call, self.name, json.loads(json.dumps(event)))
        return await asyncio.wait_for(call, wait), "mixed"


class Front:
    """The front end of `make run` before both releases. `folder` is for its file of keys, `url` its address."""

    def __init__(self, mixed: Mixed, folder: Path) -> None:
        source = read_template(TEMPLATE)
        api = read_api(load(TEMPLATE, {"ApiKeyRequired": "false"}), source.place, {})
        functions: Any = {it.settings.name: it for it in (Function(name, mixed) for name in NAMES)}
        self.gateway = Gateway(api, functions, Limits(api, folder / "keys.json"), "http://127.0.0.1:9", lambda *_: None)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def __enter__(self) -> Front:
        started = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.serve(started)), daemon=True)
        self.thread.start()
        assert started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.stopped.set)
        self.thread.join(10)

    async def serve(self, started: threading.Event) -> None:
        """Answer until stopped."""
        self.loop, self.stopped = asyncio.get_running_loop(), asyncio.Event()
        server = Server(self.gateway)
        await server.start(self.listener)
        started.set()
        await self.stopped.wait()
        await server.stop(1)
