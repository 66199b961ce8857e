"""The body of the process that `local.aws` starts: settings, socket, ministack's application, clean end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

from local import private
from local.aws import folder, user_pools
from local.aws.access import Access, Asgi
from local.aws.emulator.errors import AWSError
from local.aws.emulator.internals import App, DynamoDB, Lambda
from local.aws.functions import Host
from local.aws.garbage import loading, survivors_frozen
from local.aws.gate import Gate
from local.aws.store import Store
from local.aws.subprotocols import Subprotocols
from local.journal.records import JournalError
from local.wire import loopback
from local.wire.allowed import Allowed

SERVER_SETTINGS: dict[str, Any] = {
    "lifespan": "on",
    "log_level": "warning",
    "access_log": False,
    "proxy_headers": False,  # otherwise a client could choose the source address and the scheme that ministack sees
    "server_header": False,
    "date_header": False,
    "http": "httptools",
    "ws": "wsproto",
    "timeout_keep_alive": 75,
    "timeout_graceful_shutdown": 5,
}


def serve(
    data: Path,
    port: int,
    ready: Callable[[str], None],
    *,
    lifeline: bool,
    functions: socket.socket | None = None,
    allowed: Allowed,
    **settings: Any,
) -> None:
    """Serve until SIGTERM, or with `lifeline` until standard input closes; `ready` is called with the endpoint.

    `functions` is where they are invoked, if not here; `allowed` may send requests besides this machine; `settings` are
    Store's. Raises AWSError.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # before serving, and again when uvicorn has ended cleanly
    os.umask(private.UMASK)
    try:
        with folder.held(data):
            listeners = listen(port or folder.last_port(data), otherwise=port)
            port = listeners[0].getsockname()[1]
            folder.remember_port(data, port)
            configure(data, port)
            told = partial(ready, f"http://{loopback.HOST}:{port}")
            asyncio.run(run(data, listeners, told, settings, functions, allowed, lifeline=lifeline))
    except JournalError as error:
        raise AWSError(str(error)) from error


def listen(port: int, otherwise: int) -> list[socket.socket]:
    """Listening sockets of `port`; when that is taken and another, of `otherwise`. 0 is any free port."""
    try:
        return loopback.listening(port)
    except loopback.PortError as error:
        if otherwise != port:
            return listen(otherwise, otherwise)
        raise AWSError(f"port {error.where} cannot be used ({error.reason}); choose another") from error


def configure(data: Path, port: int) -> None:
    """Set what ministack reads from the environment when it is imported."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]  # the developer's own credentials and region have no business here
    scratch = str(data / folder.SCRATCH)
    os.environ.update(
        {
            "BIND_HOST": loopback.HOST,
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "PERSIST_STATE": "0",
            "STATE_DIR": str(data / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(data / "s3"),
            "TMPDIR": scratch,
            "MINISTACK_HOST": "localhost",
            "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
            "DOCKER_HOST": f"unix://{scratch}/no-docker.sock",
        }
    )
    tempfile.tempdir = scratch


async def run(
    data: Path,
    listeners: list[socket.socket],
    ready: Callable[[], None],
    settings: dict[str, Any],
    functions: socket.socket | None,
    allowed: Allowed,
    *,
    lifeline: bool,
) -> None:
    """Bring the state back and run ministack's application on the sockets until told to stop."""
    app = App()
    store = Store(data / "journal", app, DynamoDB(), **settings)
    subprotocols = Subprotocols()
    if functions:  # an invocation moves positions in streams, which are recorded soon
        Host(functions, after_each=store.services.touch, note=subprotocols.note).install(Lambda())
    user_pools.install()
    with loading():
        restore(store, data)
    door = Access(subprotocols.before(Gate(app, store)), allowed)
    server = telling_server(door, without_interrupts(ready) if lifeline else ready)
    if lifeline:
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), watch_parent, server)
    async with kept_up(store):
        with survivors_frozen():
            await server.serve(sockets=listeners)


def restore(store: Store, data: Path) -> None:
    """Bring back the state and begin to record. Raises AWSError, JournalError."""
    try:
        store.restore()
    except OSError as error:
        raise AWSError(
            f"the data folder {data} cannot be read ({error.strerror}); fix it or choose another with DATA"
        ) from error
    store.start()


@contextlib.asynccontextmanager
async def kept_up(store: Store) -> AsyncIterator[None]:
    """Keep, meanwhile, what changes without a request; at the end keep what is left."""
    sweeping = asyncio.create_task(store.keep_up())
    try:
        yield
    finally:
        sweeping.cancel()
        await store.close()


def without_interrupts(ready: Callable[[], None]) -> Callable[[], None]:
    """`ready`, after Ctrl-C has been left to the parent: uvicorn has just put its own handler there."""

    def then() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        ready()

    return then


def telling_server(app: Asgi, ready: Callable[[], None]) -> Any:
    """A uvicorn server that says when it answers."""
    import uvicorn

    class TellingServer(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready()

    return TellingServer(uvicorn.Config(app, **SERVER_SETTINGS))


def watch_parent(server: Any) -> None:
    """Standard input is a pipe that the parent holds: its end is the parent's end."""
    if not os.read(sys.stdin.fileno(), 1):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        server.handle_exit(signal.SIGTERM, None)
