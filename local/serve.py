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
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import console, reload, screen, support
from local.aws.errors import AWSError
from local.aws.start import Running, start
from local.flushing import Flushing
from local.functions import host, isolation
from local.functions.environments import debugged, stop_the_clock
from local.functions.function import Function, FunctionError
from local.functions.invocations import Invocations
from local.gateway.access import security
from local.gateway.access.keys import Limits
from local.gateway.access_log import AccessLog
from local.gateway.api import Api, of_type, read_api
from local.gateway.events import Exchange
from local.gateway.gateway import Gateway, Outcome
from local.stack.deploy import StackError, deploy
from local.template.parameters import parameter_values, parse_parameters
from local.template.source import Source, TemplateError, read_template
from local.template.transform import resolve, transformed_apart
from local.wire.messages import Response
from local.wire.server import Server

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
WATCH_SECONDS = 0.5  # between looks whether the emulated AWS still runs
GRACE = 1.0  # seconds that requests under way are given at the end


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
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # until the server listens for it
    folder = os.getcwd()
    try:
        options = read_options(os.environ)
        scrub(os.environ)
        return run(options)
    except (StartError, TemplateError, AWSError, StackError) as error:
        print(f"make run: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    except reload.Restart as restart:
        reload.again(restart.listener, folder, os.environ)


def read_options(environ: Any) -> Options:
    """The settings of this run. Raises StartError, TemplateError."""
    port = environ.get("PORT") or "3000"
    if not port.isdigit() or int(port) > 65535:
        raise StartError(f"PORT={port} is no port; give a number from 1 to 65535")
    return Options(
        int(port),
        Path(environ.get("DATA") or ROOT / ".local" / "data").absolute(),
        parse_parameters(environ.get("PARAMETERS") or ""),
        Path(environ.get("TEMPLATE") or ROOT / "template.yaml").absolute(),
    )


def scrub(environ: Any) -> None:
    """Forget the developer's own AWS account: nothing here may reach it."""
    for name in [name for name in environ if name.startswith("AWS_")]:
        del environ[name]
    dummy = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "test")
    nowhere = dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), os.devnull)
    environ.update({**dummy, **nowhere, "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"})


def run(options: Options) -> int:
    """Start everything, serve, stop everything."""
    listener = reload.inherited(os.environ) or listen(options.port)
    source = read_template(options.template)
    parameters = with_local_defaults(source, options.parameters)
    values = parameter_values(source, parameters)
    link, other_end = socket.socketpair()  # where the emulated AWS invokes functions
    with ThreadPoolExecutor(1) as pool:  # it starts while the template is transformed
        starting = pool.submit(start, options.data, functions=other_end)
        try:
            transformed = transformed_apart(source, parameters)
            check(read_api(resolve(transformed, values), source.place))
        except BaseException:
            starting.result().stop()
            raise
        running = starting.result()
    try:
        physical = deploy(transformed, parameters, running.endpoint)
        resolved = resolve(transformed, values, physical=physical)
        return asyncio.run(serve(options, listener, link, source, resolved, physical, running))
    finally:
        running.stop()


def check_template(options: Options) -> None:
    """Refuse a template as it stands now, where a start would. Raises TemplateError."""
    source = read_template(options.template)
    parameters = with_local_defaults(source, options.parameters)
    try:
        resolved = resolve(transformed_apart(source, parameters), parameter_values(source, parameters))
        check(read_api(resolved, source.place))
        host.functions(source, resolved, "")
    except TemplateError as error:
        error.files = source.files
        raise


def check(api: Api) -> None:
    """Refuse what the local gateway cannot do as AWS would. Raises TemplateError."""
    support.refuse_unsupported(api)
    security.demands(api)


def with_local_defaults(source: Source, given: dict[str, str]) -> dict[str, str]:
    """The parameters as given, over what the template's Metadata says is the default on one's own machine."""
    local: dict[str, str] = (source.tree.get("Metadata") or {}).get("LocalParameters") or {}
    return {**local, **given}


def listen(port: int) -> socket.socket:
    """A bound socket. Raises StartError."""
    # named as TCP because asyncio turns Nagle's algorithm off only on sockets that say so
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise StartError(
            f"port {port} is taken or may not be used ({error.strerror}); "
            f"stop what listens there, or choose another: PORT={port + 1} make run"
        ) from error
    return listener


async def serve(
    options: Options,
    listener: socket.socket,
    link: socket.socket,
    source: Source,
    resolved: dict[str, Any],
    physical: dict[str, str],
    running: Running,
) -> int:
    """Answer until a signal comes."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    isolation.install()
    sys.breakpointhook = stop_the_clock
    log = screen.listen_to_functions(logging.INFO)
    api = read_api(resolved, source.place, physical)
    functions = host.functions(source, resolved, running.endpoint)
    limits = Limits(api, options.data / "api-keys.json")
    access = AccessLog(options.data / "access.log", api.log_format) if api.log_format else None
    flushing = Flushing([console.flush, *([access.flush] if access else [])])

    def report(exchange: Exchange, response: Response, outcome: Outcome, context: Mapping[str, Any]) -> None:
        flushing.soon()
        screen.request_line(exchange, response, outcome)
        log.show(exchange.request_id)
        if access:
            access.write(exchange, response, outcome, context)

    server = Server(Gateway(api, functions, limits, running.endpoint, report))
    kept = listener.dup()  # goes on to listen where a changed template makes the process start again
    await server.start(listener)
    show(options, listener, api, limits, running)
    warming = loop.create_task(warm(functions.values()))
    watching = loop.create_task(watch(running, stopped))
    invoking = loop.create_task(Invocations(functions, log.show).serve(link))
    changing = loop.create_task(change(options, source, stopped))
    await stopped.wait()
    failed, restarting = watching.done(), changing.done()
    if not restarting:
        kept.close()
    changing.cancel()
    warming.cancel()
    watching.cancel()
    invoking.cancel()
    if not restarting:
        console.say("stopping ...")
    await server.stop(GRACE)
    for function in functions.values():
        function.stop()
    log.flush()
    flushing.now()
    if access:
        access.close()
    if restarting and not failed:
        raise reload.Restart(kept)
    return 1 if failed else 0


async def change(options: Options, source: Source, stopped: asyncio.Event) -> None:
    """Stop when another template is there to be served."""
    await reload.changed(source, lambda: check_template(options), debugged)
    stopped.set()


async def watch(running: Running, stopped: asyncio.Event) -> None:
    """Stop when the emulated AWS has ended: nothing would work without it."""
    while running.process.poll() is None:
        await asyncio.sleep(WATCH_SECONDS)
    console.say(
        f"the emulated AWS ended with status {running.process.poll()}; start again, what it kept is still there"
    )
    stopped.set()


async def warm(functions: Iterable[Function]) -> None:
    """Import every function's code, and tell of what cannot be imported before a request finds it."""
    for function in functions:
        try:
            await function.warm()
        except FunctionError as error:
            console.say(f"{function.settings.logical_id} cannot be imported: {error.kind}\n{error.detail}")


def show(options: Options, listener: socket.socket, api: Api, limits: Limits, running: Running) -> None:
    """Say what is running and what to try."""
    url = f"http://localhost:{listener.getsockname()[1]}"
    keys = [key.value for plan in limits.plans for key in plan.keys]
    rows = [
        ("also at", f"{url}/{api.stage_name}/users"),
        ("template", str(options.template)),
        ("data", str(options.data)),
        ("DynamoDB", running.endpoint),
    ]
    rows += [("WebSocket", address) for address in websockets(api, running.endpoint)]
    rows += [("API key", key) for key in dict.fromkeys(keys)]
    header = f" -H 'X-Api-Key: {keys[0]}'" if keys else ""
    body = """-H 'Content-Type: application/json' -d '{"name": "Annie Easley", "email": "annie@example.com"}'"""
    screen.show(
        f"{url}/users",
        rows,
        [f"curl -i {url}/users{header} {body}", f"curl -i {url}/users{header}"],
        support.notes(api),
    )


def websockets(api: Api, endpoint: str) -> Iterator[str]:
    """Where the template's WebSocket APIs answer: in the emulated AWS."""
    apis = of_type(api.template, "AWS::ApiGatewayV2::Api")
    ids = [api.physical_id(name) for name, block in apis if block.get("ProtocolType") == "WEBSOCKET"]
    for _, stage in of_type(api.template, "AWS::ApiGatewayV2::Stage"):
        if stage["ApiId"] in ids:
            yield f"ws{endpoint.removeprefix('http')}/_aws/execute-api/{stage['ApiId']}/{stage['StageName']}"


if __name__ == "__main__":
    sys.exit(main())
