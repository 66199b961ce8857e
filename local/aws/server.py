"""The body of the process that `local.aws` starts: settings, socket, ministack's application, clean end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from local import private
from local.aws.access import Access, Asgi
from local.aws.errors import AWSError
from local.aws.functions import Host
from local.aws.garbage import loading, survivors_frozen
from local.aws.gate import Gate
from local.aws.internals import App, DynamoDB, Lambda
from local.aws.store import Store
from local.journal.log import lock
from local.journal.records import JournalError
from local.wire.allowed import Allowed

HOST = "127.0.0.1"
LOCK_SECONDS = 3.0
FOLDERS = ("journal", "state", "s3")
OURS = frozenset({*FOLDERS, "tmp", "port", "lock", "access.log", "access.1.log", "api-keys.json"})  # in the data folder
SERVER_SETTINGS: dict[str, Any] = {
    "lifespan": "on",
    "log_level": "warning",
    "access_log": False,
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
    make_folders(data)
    with take_lock(data):
        listener = listen(port or last_port(data), otherwise=port)
        port = listener.getsockname()[1]
        (data / "port").write_text(str(port))
        configure(data, port)
        try:
            told = partial(ready, f"http://{HOST}:{port}")
            asyncio.run(run(data, listener, told, settings, functions, allowed, lifeline=lifeline))
        except JournalError as error:
            raise AWSError(str(error)) from error
        finally:
            shutil.rmtree(data / "tmp", ignore_errors=True)


def make_folders(data: Path) -> None:
    """The folders of the state, private; AWSError when they cannot be made or written."""
    try:
        for name in FOLDERS:
            (data / name).mkdir(parents=True, exist_ok=True)
        private.narrow(data, OURS)
        with tempfile.TemporaryFile(dir=data) as probe:
            probe.write(bytes(4096))
    except OSError as error:
        raise AWSError(
            f"the data folder {data} cannot be written ({error.strerror}); free some space or choose another with DATA"
        ) from error


def take_lock(data: Path) -> BinaryIO:
    """The lock of the data folder, which a run that is just ending may hold a little longer."""
    until = time.monotonic() + LOCK_SECONDS
    while (held := lock(data / "lock")) is None:
        if time.monotonic() > until:
            raise AWSError(
                f"the data folder {data} is in use by another run; stop that run or choose another folder with DATA"
            )
        time.sleep(0.05)
    shutil.rmtree(data / "tmp", ignore_errors=True)
    (data / "tmp").mkdir()
    return held


def last_port(data: Path) -> int:
    """The port of the last run, which addresses made then (queue URLs) hold; 0 when there is none."""
    try:
        return int((data / "port").read_text())
    except (OSError, ValueError):
        return 0


def listen(port: int, otherwise: int) -> socket.socket:
    """A listening socket on 127.0.0.1 at `port`; when that is taken and another, at `otherwise`. 0 is any free port."""
    # the protocol is named because asyncio turns Nagle's algorithm off only on sockets that say they are TCP
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        if otherwise != port:
            return listen(otherwise, otherwise)
        raise AWSError(f"port {port} of {HOST} cannot be used ({error.strerror}); choose another") from error
    listener.listen(1024)
    return listener


def configure(data: Path, port: int) -> None:
    """Set what ministack reads from the environment when it is imported."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]  # the developer's own credentials and region have no business here
    scratch = str(data / "tmp")
    os.environ.update(
        {
            "BIND_HOST": HOST,
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
    listener: socket.socket,
    ready: Callable[[], None],
    settings: dict[str, Any],
    functions: socket.socket | None,
    allowed: Allowed,
    *,
    lifeline: bool,
) -> None:
    """Bring the state back and run ministack's application on the socket until told to stop."""
    app = App()
    store = Store(data / "journal", app, DynamoDB(), **settings)
    if functions:  # an invocation moves positions in streams, which are recorded soon
        Host(functions, after_each=store.services.touch).install(Lambda())
    with loading():
        restore(store, data)
    door = Access(Gate(app, store), allowed)
    server = telling_server(door, without_interrupts(ready) if lifeline else ready)
    if lifeline:
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), watch_parent, server)
    async with kept_up(store):
        with survivors_frozen():
            await server.serve(sockets=[listener])


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
