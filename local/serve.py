"""`make run`: the API of template.yaml on this machine.

    python -m local.serve        PORT=3000  DATA=.local/data  PARAMETERS="Name=value ..."  TEMPLATE=template.yaml
                                 HOSTS="name ..."  ORIGINS="scheme://host:port ..."  HISTORY_MB=100

Serves until Ctrl-C or SIGTERM (exit status 0); what cannot start says why in one sentence (exit status 1).
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import Enum, auto
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from local import console, contract, reload, screen, support
from local.aws.emulator.errors import AWSError
from local.aws.start import Running, start
from local.examine import examine
from local.functions import isolation, packages
from local.functions.environments import debugged, stop_the_clock
from local.functions.function import Function, FunctionError
from local.functions.invocations import Invocations
from local.functions.logs import FunctionLog
from local.gateway.api import Api, of_type
from local.options import Options, StartError, address, listen, read_options, scrub
from local.proxies import spare_loopback
from local.runtime import Deployed, Runtime
from local.stack.deploy import StackError, deploy, with_values
from local.stack.stored import stored
from local.template.dynamic import complete, filled
from local.template.parameters import parameter_values, without_stored
from local.template.source import Source, TemplateError
from local.template.transform import resolve, transformed_apart
from local.web import documentation, web_console
from local.wire.allowed import Allowed

ROOT = Path(__file__).resolve().parent.parent
USERS = "/users"
WATCH_SECONDS = 0.5  # between looks whether the emulated AWS still runs


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
        spare_loopback(os.environ)
        return run(options)
    except (StartError, TemplateError, AWSError, StackError) as error:
        print(f"make run: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    except reload.Restart as restart:
        reload.again(restart.listeners, folder, os.environ)


def run(options: Options) -> int:
    """Start everything, serve, stop everything."""
    listeners = reload.inherited(os.environ) or listen(options.port)
    wanted = read_wanted(options)
    source = wanted.source
    link, other_end = socket.socketpair()  # where the emulated AWS invokes functions
    with ThreadPoolExecutor(1) as pool:  # it starts while the template is transformed
        starting = pool.submit(start, options.data, functions=other_end, options=told(options))
        try:
            transformed = transformed_apart(source, wanted.parameters)
            examine(source, wanted.parameters, transformed)
        except BaseException:
            starting.result().stop()
            raise
        running = starting.result()
    try:
        known = filled(with_values(transformed, wanted.values), wanted.parameters.get)
        physical = deploy(known, without_stored(source, wanted.parameters), running.endpoint)
        resolved = resolve(known, wanted.values, source, physical=physical)
        resolved = complete(source, resolved, lambda name: stored(running.endpoint, name))
        options.allowed = options.allowed.and_origin(str(wanted.values.get("CorsOrigin", "")))
        return asyncio.run(serve(options, Deployed(source, resolved, physical, running), listeners, link))
    finally:
        running.stop()


def told(options: Options) -> list[str]:
    """The options of the emulated AWS."""
    size = [] if options.history_bytes is None else ["--history-bytes", str(options.history_bytes)]
    return [*allowances(options.allowed), *size]


def allowances(allowed: Allowed) -> list[str]:
    """The options that tell the emulated AWS what is allowed."""
    hosts = [text for name in sorted(allowed.hosts) for text in ("--allow-host", name)]
    return hosts + [text for origin in sorted(allowed.origins) for text in ("--allow-origin", origin)]


def check_template(options: Options) -> None:
    """Reject the current template if a start would. Raises TemplateError."""
    wanted = read_wanted(options)
    try:
        examine(wanted.source, wanted.parameters, transformed_apart(wanted.source, wanted.parameters))
    except TemplateError as error:
        error.files = wanted.source.files
        raise


class Wanted(NamedTuple):
    """A template to serve. `parameters` are those that differ from its defaults, `values` are all."""

    source: Source
    parameters: dict[str, str]
    values: dict[str, Any]


def read_wanted(options: Options) -> Wanted:
    """Read the template of these options. Raises TemplateError."""
    source = contract.agreed(options.template)
    parameters = with_local_defaults(source, options.parameters)
    return Wanted(source, parameters, parameter_values(source, parameters))


def with_local_defaults(source: Source, given: dict[str, str]) -> dict[str, str]:
    """The given parameters, over the local defaults in the template's Metadata."""
    local: dict[str, str] = (source.tree.get("Metadata") or {}).get("LocalParameters") or {}
    return {**local, **given}


class End(Enum):
    """Why the server stops."""

    SIGNAL = auto()
    AWS = auto()  # the emulated AWS has ended by itself
    TEMPLATE = auto()  # another template is there to be served


async def serve(options: Options, deployed: Deployed, listeners: list[socket.socket], link: socket.socket) -> int:
    """Serve until the end; the exit status. Raises Restart for a changed template."""
    stopped, log = stop_signal(), prepare_process()
    runtime = Runtime(deployed, options.data, address(listeners), log, options.allowed)
    kept = [listener.dup() for listener in listeners]  # go on where a changed template makes the process start again
    show(options, address(listeners), runtime, deployed)  # before the first response: requests wait already
    await runtime.server.start(*listeners)
    end = End.SIGNAL
    try:
        end = await work(options, runtime, deployed, link, stopped)
    finally:
        if end is not End.TEMPLATE:
            for listener in kept:
                listener.close()
            console.say("stopping ...")
        await runtime.stop()
    if end is End.TEMPLATE:
        raise reload.Restart(kept)
    return 1 if end is End.AWS else 0


def stop_signal() -> asyncio.Event:
    """Set by Ctrl-C and by SIGTERM."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


def prepare_process() -> FunctionLog:
    """Let this process hold functions: their modules, their breakpoints, their log lines."""
    isolation.install()
    sys.breakpointhook = stop_the_clock
    return screen.listen_to_functions(logging.INFO)


async def work(
    options: Options, runtime: Runtime, deployed: Deployed, link: socket.socket, stopped: asyncio.Event
) -> End:
    """The background work until `stopped`."""
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(watch(deployed.aws, stopped))
        changing = group.create_task(change(options, deployed.source, stopped))
        warming = group.create_task(warm(runtime.functions.values()))
        invoking = group.create_task(invocations(runtime).serve(link))
        await stopped.wait()
        end = End.AWS if watching.done() else End.TEMPLATE if changing.done() else End.SIGNAL
        for task in (watching, changing, warming, invoking):
            task.cancel()
    return end


def invocations(runtime: Runtime) -> Invocations:
    """The invocations of the emulated AWS, with their lines on the console."""
    return Invocations(runtime.functions, runtime.log.show, runtime.log.quiet)


async def change(options: Options, source: Source, stopped: asyncio.Event) -> None:
    """Stop when another template is there to be served."""
    await reload.changed(source, lambda: check_template(options), debugged)
    stopped.set()


async def watch(running: Running, stopped: asyncio.Event) -> None:
    """Stop when the emulated AWS has ended: nothing would work without it."""
    while running.process.poll() is None:
        await asyncio.sleep(WATCH_SECONDS)
    console.say(f"the emulated AWS ended with status {running.process.poll()}; start again, no data is lost")
    stopped.set()


async def warm(functions: Iterable[Function]) -> None:
    """Import every function's code, and tell of what cannot be imported before a request finds it."""
    for function in functions:
        try:
            await function.warm()
        except FunctionError as error:
            console.say(f"{function.settings.logical_id} cannot be imported: {error.kind}\n{error.detail}")


def show(options: Options, url: str, runtime: Runtime, deployed: Deployed) -> None:
    """Say what is running and what to try."""
    running = deployed.aws
    api, keys = runtime.api, [key.value for plan in runtime.limits.plans for key in plan.keys]
    path = first_path(api)
    rows = [
        ("also at", f"{url}/{api.stage_name}{path}"),
        ("template", str(options.template)),
        ("data", str(options.data)),
        ("DynamoDB", running.endpoint),
    ]
    rows += [("WebSocket", address) for address in websockets(api, running.endpoint)]
    rows += [("API key", key) for key in dict.fromkeys(keys)]
    rows += [("sign in", f"{url}/oauth2/authorize")] if runtime.sign_in else []
    header = f" -H 'X-Api-Key: {keys[0]}'" if keys else ""
    body = """-H 'Content-Type: application/json' -d '{"name": "Annie Easley", "email": "annie@example.com"}'"""
    header += by_token(url, "admin") if runtime.sign_in else ""
    create = [f"curl -i {url}{path}{header} {body}"] if path == USERS else []
    own = [f"curl -i {url}{path}/me{by_token(url, 'person')}"] if runtime.sign_in and path == USERS else []
    screen.show(
        f"{url}{path}",
        rows,
        " and ".join(pages(url, runtime)),
        [*create, f"curl -i {url}{path}{header}", *own],
        [*support.notes(api), *support.functions_left_out(api, deployed.source), *packages.not_here(api.template)],
    )


def pages(url: str, runtime: Runtime) -> list[str]:
    """The addresses of the pages for a browser."""
    known = {documentation.PATH: runtime.is_documented, web_console.PATH: runtime.has_console}
    return [url + path for path, there in known.items() if there]


def by_token(url: str, who: str) -> str:
    """The header with an access token, for a shell."""
    return f' -H "Authorization: Bearer $(PORT={urlsplit(url).port} make -s token WHO={who})"'


def first_path(api: Api) -> str:
    """A path to try: that of the users, or in another template the first that takes a GET."""
    if api.router.match(USERS):
        return USERS
    return next((it.path for it in api.resources if it.method("GET") and "{" not in it.path), "/")


def websockets(api: Api, endpoint: str) -> Iterator[str]:
    """Where the template's WebSocket APIs answer: in the emulated AWS."""
    apis = of_type(api.template, "AWS::ApiGatewayV2::Api")
    ids = [api.physical_id(name) for name, block in apis if block.get("ProtocolType") == "WEBSOCKET"]
    for _, stage in of_type(api.template, "AWS::ApiGatewayV2::Stage"):
        if stage["ApiId"] in ids:
            yield f"ws{endpoint.removeprefix('http')}/_aws/execute-api/{stage['ApiId']}/{stage['StageName']}"


if __name__ == "__main__":
    sys.exit(main())
