"""`make run`: the API of template.yaml on this machine.

    python -m local.serve        PORT=3000  DATA=.local/data  PARAMETERS="Name=value ..."  TEMPLATE=template.yaml

Serves until Ctrl-C or SIGTERM (exit status 0); what cannot start says why in one sentence (exit status 1).
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import aws, console, host, isolation, tables, template
from local.api import Api, read_api
from local.gateway import Gateway
from local.intrinsics import STACK
from local.server import Server
from local.source import Source, TemplateError

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
GRACE = 1.0   # seconds that requests under way are given at the end


class StartError(Exception):
    """What keeps the server from starting; its text is one sentence that says what to do."""


@dataclass
class Options:
    """What the caller can set."""

    port: int
    data: Path
    parameters: dict[str, str]
    template: Path


def main() -> int:
    """Run until stopped; the exit status."""
    if len(sys.argv) > 1:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        options = read_options(os.environ)
        scrub(os.environ)
        return run(options)
    except (StartError, TemplateError, aws.AWSError) as error:
        print(f"make run: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def read_options(environ: Any) -> Options:
    """The settings of this run. Raises StartError, TemplateError."""
    port = environ.get("PORT") or "3000"
    if not port.isdigit() or int(port) > 65535:
        raise StartError(f"PORT={port} is no port; give a number from 1 to 65535")
    return Options(int(port), Path(environ.get("DATA") or ROOT / ".local" / "data").absolute(),
                   template.parse_parameters(environ.get("PARAMETERS") or ""),
                   Path(environ.get("TEMPLATE") or ROOT / "template.yaml").absolute())


def scrub(environ: Any) -> None:
    """Forget the developer's own AWS account: nothing here may reach it."""
    for name in [name for name in environ if name.startswith("AWS_")]:
        del environ[name]
    environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="us-east-1",  # noqa: S106
                   AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull, AWS_EC2_METADATA_DISABLED="true")


def run(options: Options) -> int:
    """Start everything, serve, stop everything."""
    listener = listen(options.port)
    source = template.read(options.template)
    parameters = with_local_defaults(source, options.parameters)
    values = template.parameter_values(source, parameters)
    with ThreadPoolExecutor(2) as pool:   # the emulated AWS starts while the template is transformed
        starting = pool.submit(aws.start, options.data)
        try:
            transformed = template.transformed_apart(source, parameters)
            api = read_api(template.resolve(transformed, values), source.place)
        except BaseException:
            starting.result().stop()
            raise
        running = starting.result()
    try:
        facts = {"physical": tables.create_tables(template.resolve(transformed, values), running.endpoint, STACK)}
        resolved = template.resolve(transformed, values, **facts)
        return asyncio.run(serve(options, listener, source, resolved, running))
    finally:
        running.stop()


def with_local_defaults(source: Source, given: dict[str, str]) -> dict[str, str]:
    """Locally nobody has a key to give unless asked for."""
    declared = source.tree.get("Parameters") or {}
    return {**({"ApiKeyRequired": "false"} if "ApiKeyRequired" in declared else {}), **given}


def listen(port: int) -> socket.socket:
    """A bound socket. Raises StartError."""
    # named as TCP because asyncio turns Nagle's algorithm off only on sockets that say so
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise StartError(f"port {port} is taken or may not be used ({error.strerror}); "
                         f"stop what listens there, or choose another: PORT={port + 1} make run") from error
    return listener


async def serve(options: Options, listener: socket.socket, source: Source, resolved: dict[str, Any],
                running: aws.Running) -> int:
    """Answer until a signal comes."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    isolation.install()
    console.listen_to_functions(logging.INFO)
    api = read_api(resolved, source.place)
    functions = host.functions(source, resolved, running.endpoint)
    server = Server(Gateway(api, functions, console.request_line))
    await server.start(listener)
    show(options, listener, api, running)
    await stopped.wait()
    console.say("stopping ...")
    await server.stop(GRACE)
    for function in functions.values():
        function.stop()
    return 0


def show(options: Options, listener: socket.socket, api: Api, running: aws.Running) -> None:
    """Say what is running."""
    url = f"http://localhost:{listener.getsockname()[1]}"
    users = f"{url}/users"
    create = f"""curl -i {users} -H 'Content-Type: application/json' -d '{{"name": "Ada", "email": "ada@example.com"}}'"""
    console.screen(users, [("also at", f"{url}/{api.stage_name}/users"), ("template", str(options.template)),
                           ("data", str(options.data)), ("DynamoDB", running.endpoint)],
                   [create, f"curl -i {users}"], [])


if __name__ == "__main__":
    sys.exit(main())
