"""An API of one of the test templates: served here by the local gateway, or deployed and reached with --against."""

from __future__ import annotations

import asyncio
import http.client
import json
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from local import support
from local.functions import host, isolation
from local.functions.function import Function
from local.gateway.access import security
from local.gateway.access.keys import Limits
from local.gateway.api import read_api
from local.gateway.events import Exchange
from local.gateway.rest_api import Gateway, Outcome
from local.options import listen
from local.template.dynamic import complete
from local.template.source import read_template
from local.template.transform import load
from local.wire.messages import Response as Answer
from local.wire.server import Server

TEMPLATES = Path(__file__).parent / "templates"
Headers = Sequence[tuple[str, str]]


class Response:
    """What came back. Header names keep their case; `header()` does not care for it."""

    def __init__(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(found) if found else None


class Caller:
    """Sends requests to one API. `base` is the URL of its stage, without a slash at the end."""

    def __init__(self, base: str) -> None:
        self.base = base
        parts = urlsplit(base)
        assert parts.hostname
        self.secure, self.host, self.prefix = parts.scheme == "https", parts.hostname, parts.path
        self.port = parts.port or (443 if self.secure else 80)

    def send(
        self, method: str, path: str, headers: Headers = (), body: bytes | str | None = None, stage: bool = True
    ) -> Response:
        """One request on a connection of its own; headers go out as they are written."""
        kind = http.client.HTTPSConnection if self.secure else http.client.HTTPConnection
        connection = kind(self.host, self.port, timeout=40)
        data = body.encode() if isinstance(body, str) else body
        try:
            connection.putrequest(method, (self.prefix if stage else "") + path, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            if data is not None:
                connection.putheader("Content-Length", str(len(data)))
            connection.endheaders(data)
            answer = connection.getresponse()
            return Response(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()

    def get(self, path: str, headers: Headers = ()) -> Response:
        return self.send("GET", path, headers)

    def post(self, path: str, document: Any, headers: Headers = ()) -> Response:
        return self.send("POST", path, [("Content-Type", "application/json"), *headers], json.dumps(document))

    def event(self, method: str, path: str, headers: Headers = (), body: bytes | str | None = None, **how: Any) -> Any:
        """The event that the echo function was given."""
        return self.send(method, path, headers, body, **how).json()["event"]


class LocalApi(Caller):
    """A test template behind the local gateway, in a thread of this process, without an emulated AWS."""

    def __init__(
        self,
        name: str,
        parameters: Mapping[str, str] | None = None,
        endpoint: str = "http://127.0.0.1:9",
        physical: Mapping[str, str] | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        source = read_template(TEMPLATES / f"{name}.yaml")
        resolved = complete(source, load(source.path, parameters, physical=physical or {}), lambda _: None)
        self.api = read_api(resolved, source.place, physical)
        support.refuse_unsupported(self.api)
        security.demands(self.api)
        isolation.install()
        self.functions: dict[str, Function] = host.read_functions(source, resolved, endpoint)
        self.seen: list[tuple[Exchange, Answer, Outcome]] = []
        self.folder = tempfile.TemporaryDirectory()
        self.limits = Limits(self.api, Path(self.folder.name) / "api-keys.json", **({"clock": clock} if clock else {}))
        self.gateway = Gateway(self.api, self.functions, self.limits, endpoint, self.note)
        self.sockets = listen(0)
        self.ready, self.loop = threading.Event(), asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_until_complete, args=(self.serve(),), daemon=True)
        self.thread.start()
        assert self.ready.wait(10)
        super().__init__(f"http://127.0.0.1:{self.sockets[0].getsockname()[1]}/{self.api.stage_name}")

    def note(self, exchange: Exchange, answer: Answer, outcome: Outcome, context: Mapping[str, Any]) -> None:
        """Remember what the gateway reports."""
        self.seen.append((exchange, answer, outcome))

    async def serve(self) -> None:
        """Serve until closed."""
        self.done = asyncio.Event()
        self.server = Server(self.gateway)
        await self.server.start(*self.sockets)
        self.ready.set()
        await self.done.wait()
        await self.server.stop(0.2)

    def close(self) -> None:
        """Stop serving; the functions' idle threads end."""
        self.loop.call_soon_threadsafe(self.done.set)
        self.thread.join(5)
        for function in self.functions.values():
            function.stop()
        self.loop.close()
        self.folder.cleanup()
