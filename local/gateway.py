"""A REST API of API Gateway in front of functions: from request to response, by the template alone."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from local import events, mocks, proxy
from local.api import Api
from local.events import Exchange
from local.functions import Function, FunctionError
from local.responses import GatewayResponses, Refusal, Variables
from local.routes import Method
from local.server import Request, Response

log = logging.getLogger("local.gateway")

MAX_TIMEOUT = 29.0    # seconds an integration may take, unless the definition says less
MAX_HEAD = 10240      # bytes of request line and header values together

Report = Callable[[Exchange, Response, "Outcome"], None]


class Outcome:
    """What is known of an exchange when it has been answered."""

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self.integration_latency: int | None = None   # ms
        self.integration_status: int | str | None = None
        self.function_request_id: str | None = None
        self.refusal: Refusal | None = None
        self.note = ""          # for the console: why it failed

    @property
    def latency(self) -> float:
        """Milliseconds from the request's arrival in the gateway."""
        return (time.perf_counter() - self.started) * 1000


class Gateway:
    """Answers requests. `functions` are found by name; `report` is told of every answer."""

    def __init__(self, api: Api, functions: Mapping[str, Function], report: Report) -> None:
        self.api, self.functions, self.report = api, functions, report
        self.refusals = GatewayResponses(api.gateway_responses())
        self.facts = api.facts
        self.binary_types = api.binary_types
        self.stage_prefix = f"/{api.stage_name}"

    async def __call__(self, request: Request) -> Response:
        """Answer one request, whatever happens."""
        exchange, outcome = self.enter(request), Outcome()
        try:
            response = await self.answer(exchange, outcome)
        except Refusal as refusal:
            response = self.refuse(exchange, outcome, refusal)
        except Exception:
            log.exception("the local gateway failed on request %s", exchange.request_id)
            response = self.refuse(exchange, outcome, Refusal("DEFAULT_5XX"))
        response.headers += [("x-amzn-RequestId", exchange.request_id), ("x-amz-apigw-id", exchange.extended_id)]
        response.close = response.close or request.malformed
        self.report(exchange, response, outcome)
        return response

    def enter(self, request: Request) -> Exchange:
        """Split the target into what stands before the API's own path, the path, and the query."""
        target = request.target.partition("#")[0]
        if target.startswith(("http://", "https://")):
            target = "/" + target.split("//", 1)[1].partition("/")[2]
        full_path, _, query = target.partition("?")
        path = full_path
        if path == self.stage_prefix or path.startswith(self.stage_prefix + "/"):
            path = path[len(self.stage_prefix):] or "/"
        return events.exchange(request, path, full_path, query)

    async def answer(self, exchange: Exchange, outcome: Outcome) -> Response:
        """The way of a request that nothing refuses."""
        self.check_size(exchange.request)
        method = self.route(exchange)
        kind = str(method.integration.get("type", "")).lower()
        if kind == "mock":
            response = mocks.mock(exchange, method.integration, self.variables(exchange), self.binary_types)
        else:
            response = await self.invoke(exchange, method, outcome)
        response.headers.append(("X-Amzn-Trace-Id", exchange.trace_id))
        return response

    def check_size(self, request: Request) -> None:
        """What API Gateway turns away before it looks at the path."""
        if request.malformed:
            raise Refusal("DEFAULT_4XX", reason="not HTTP")
        if request.too_large:
            raise Refusal("REQUEST_TOO_LARGE")
        if request.head_size > MAX_HEAD:
            raise Refusal("DEFAULT_4XX", "Request Header Fields Too Large", status=431)

    def route(self, exchange: Exchange) -> Method:
        """Find the method that answers."""
        match = self.api.router.match(exchange.path)
        if match:
            exchange.resource, exchange.path_parameters = match
            exchange.method = exchange.resource.method(exchange.request.method)
        if not match or exchange.method is None:
            raise Refusal("MISSING_AUTHENTICATION_TOKEN")
        return exchange.method

    async def invoke(self, exchange: Exchange, method: Method, outcome: Outcome) -> Response:
        """A Lambda proxy integration."""
        function = self.functions[str(method.function_arn).split(":function:")[1].split(":")[0]]
        event = events.proxy_event(exchange, self.context(exchange), self.api.stage_variables, self.binary_types)
        wait = min(MAX_TIMEOUT, float(method.integration.get("timeoutInMillis", MAX_TIMEOUT * 1000)) / 1000)
        started = time.perf_counter()
        try:
            answer, outcome.function_request_id = await function.invoke(event, wait)
            outcome.integration_status = 200
            return proxy.response(answer, exchange.header("accept"), self.binary_types)
        except FunctionError as error:
            outcome.integration_status = 200
            raise Refusal("DEFAULT_5XX", status=502, reason=f"{function.settings.logical_id}: {error.kind}\n{error.detail}") from error
        except proxy.Malformed as error:
            raise Refusal("DEFAULT_5XX", status=502, reason=f"{function.settings.logical_id}: {error}") from error
        except asyncio.TimeoutError as error:
            raise Refusal("INTEGRATION_TIMEOUT", reason=f"{function.settings.logical_id}: no answer in {wait:g} s") from error
        finally:
            outcome.integration_latency = round((time.perf_counter() - started) * 1000)

    def context(self, exchange: Exchange) -> dict[str, Any]:
        """requestContext."""
        return events.context(exchange, self.api.stage_name, self.facts)

    def variables(self, exchange: Exchange) -> Variables:
        """What templates and mappings may refer to."""
        return Variables(exchange, self.context(exchange), self.api.stage_variables)

    def refuse(self, exchange: Exchange, outcome: Outcome, refusal: Refusal) -> Response:
        """A gateway response."""
        outcome.refusal, outcome.note = refusal, refusal.reason
        return self.refusals.answer(refusal, self.variables(exchange))
