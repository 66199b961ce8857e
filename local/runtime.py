"""The parts of `make run` in this process: functions, gateway, server, lines on the console and in the access log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from local import console, contract, screen
from local.aws.start import Running
from local.flushing import Flushing
from local.functions import host
from local.functions.logs import FunctionLog
from local.gateway.access.keys import Limits
from local.gateway.access_log import AccessLog
from local.gateway.api import read_api
from local.gateway.events import Exchange
from local.gateway.rest_api import Gateway, Outcome
from local.template.source import Source
from local.web import sign_in
from local.web.site import Site
from local.wire.allowed import Allowed
from local.wire.messages import Response
from local.wire.server import Server

GRACE = 1.0  # seconds that requests under way are given at the end


@dataclass(frozen=True)
class Deployed:
    """A template and its resources: `template` is resolved, `physical` contains their ids by logical id."""

    source: Source
    template: dict[str, Any]
    physical: dict[str, str]
    aws: Running


class Runtime:
    """All parts, created and not yet started.

    `data` is the folder for the access log and the generated API keys, `url` the address that the server will have,
    `allowed` what may send requests besides this machine.
    """

    def __init__(self, deployed: Deployed, data: Path, url: str, log: FunctionLog, allowed: Allowed) -> None:
        self.log = log
        endpoint = deployed.aws.endpoint
        self.api = read_api(deployed.template, deployed.source.place, deployed.physical)
        self.functions = host.read_functions(deployed.source, deployed.template, endpoint)
        self.limits = Limits(self.api, data / "api-keys.json")
        self.access_log = AccessLog(data / "access.log", self.api.log_format) if self.api.log_format else None
        self.flushing = Flushing([console.flush, *([self.access_log.flush] if self.access_log else [])])
        gateway = Gateway(self.api, self.functions, self.limits, endpoint, self.report)
        document = contract.document(deployed.source, url, deployed.template["Resources"].keys())
        self.sign_in = sign_in.of_stack(self.api, endpoint)
        site = Site(gateway, self.api.router, document, allowed, endpoint, self.sign_in)
        self.is_documented, self.has_console = site.documented, site.has_console
        if self.sign_in:
            self.sign_in.come_back_to(*(address + page for address in by_both_names(url) for page in site.come_back_to))
        self.server = Server(site)

    def report(self, exchange: Exchange, response: Response, outcome: Outcome, context: Mapping[str, Any]) -> None:
        """Write the lines about one response."""
        self.flushing.soon()
        screen.request_line(exchange, response, outcome)
        self.log.show(exchange.request_id)
        if self.access_log:
            self.access_log.write(exchange, response, outcome, context)

    async def stop(self) -> None:
        """Finish the requests under way and flush every line."""
        await self.server.stop(GRACE)
        for function in self.functions.values():
            function.stop()
        self.log.flush()
        self.flushing.now()
        if self.access_log:
            self.access_log.close()


def by_both_names(url: str) -> list[str]:
    """The address of this server by the name of this machine, and by its number."""
    port = urlsplit(url).port
    return [f"http://localhost:{port}", f"http://127.0.0.1:{port}"]
