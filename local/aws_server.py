"""The body of the process that `local.aws` starts: settings, socket, ministack's application, clean end."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.aws import AWSError

HOST = "127.0.0.1"


def serve(data: Path, port: int, ready: Callable[[str], None], *, lifeline: bool) -> None:
    """Serve until SIGTERM, or with `lifeline` until standard input closes; `ready` is called with the endpoint."""
    make_folders(data)
    listener = listen(port)
    port = listener.getsockname()[1]
    configure(data, port)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))   # before serving, and again when uvicorn has ended cleanly
    asyncio.run(run(listener, lambda: ready(f"http://{HOST}:{port}"), lifeline=lifeline))


def make_folders(data: Path) -> None:
    """The folders of the state; the scratch folder starts empty."""
    try:
        shutil.rmtree(data / "tmp", ignore_errors=True)
        for folder in (data, data / "state", data / "s3", data / "tmp"):
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AWSError(f"the data folder {data} cannot be written ({error.strerror}); name another with DATA") from error


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1."""
    # the protocol is named because asyncio turns Nagle's algorithm off only on sockets that say they are TCP
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        raise AWSError(f"port {port} of {HOST} cannot be used ({error.strerror}); choose another") from error
    listener.listen(1024)
    return listener


def configure(data: Path, port: int) -> None:
    """Set what ministack reads from the environment when it is imported."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]   # the developer's own credentials and region have no business here
    scratch = str(data / "tmp")
    os.environ.update({
        "BIND_HOST": HOST, "GATEWAY_PORT": str(port), "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0",
        "PERSIST_STATE": "1", "STATE_DIR": str(data / "state"), "S3_PERSIST": "1", "S3_DATA_DIR": str(data / "s3"),
        "TMPDIR": scratch, "MINISTACK_HOST": "localhost", "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
        "DOCKER_HOST": f"unix://{scratch}/no-docker.sock",
    })
    tempfile.tempdir = scratch


async def run(listener: socket.socket, ready: Callable[[], None], *, lifeline: bool) -> None:
    """Run ministack's application on the socket until told to stop."""
    import uvicorn
    from ministack.app import app

    config = uvicorn.Config(app, lifespan="on", log_level="warning", access_log=False, server_header=False,
                            date_header=False, http="httptools", ws="wsproto", timeout_keep_alive=75,
                            timeout_graceful_shutdown=5)
    server = telling_server(config, ready)
    if lifeline:
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), watch_parent, server)
    await server.serve(sockets=[listener])


def telling_server(config: Any, ready: Callable[[], None]) -> Any:
    """A uvicorn server that says when it answers."""
    import uvicorn

    class TellingServer(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready()

    return TellingServer(config)


def watch_parent(server: Any) -> None:
    """Standard input is a pipe that the parent holds: its end is the parent's end."""
    if not os.read(sys.stdin.fileno(), 1):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        server.handle_exit(signal.SIGTERM, None)
