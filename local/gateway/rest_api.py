"""A REST API of API Gateway in front of functions: from request to response, by the template alone."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from local.functions.function import Function, FunctionError, Throttled
from local.gateway import events, mocks, proxy, sizes
from local.gateway.access import security
from local.gateway.access.authorizers import Authorizers, method_arn
from local.gateway.access.keys import Limits
from local.gateway.access.permissions import Permissions
from local.gateway.api import Api
from local.gateway.events import Exchange
from local.gateway.responses import GatewayResponses, Refusal, Variables
from local.gateway.routes import Method
from local.gateway.validators import Validators
from local.gateway.workers import Workers
from local.wire.messages import Request, Response

log = logging.getLogger("local.gateway")

MAX_TIMEOUT = 29.0  # seconds an integration may take, unless the definition says less

Report = Callable[[Exchange, Response, "Outcome", Mapping[str, Any]], None]


class Outcome:
    """The facts of an exchange after its response."""

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self.integration_latency: int | None = None  # ms
        self.integration_status: int | None = None
        self.integration_error: str | None = None
        self.function_request_id: str | None = None
        self.refusal: Refusal | None = None

    @property
    def latency(self) -> float:
        """Milliseconds from the request's arrival in the gateway."""
        return (time.perf_counter() - self.started) * 1000


class Gateway:
    """Answers requests. `functions` are found by name, `report` gets every response."""

    def __init__(
        self, api: Api, functions: Mapping[str, Function], limits: Limits, endpoint: str, report: Report
    ) -> None:
        self.api, self.functions, self.limits, self.report = api, functions, limits, report
        self.refusals = GatewayResponses(api.gateway_responses())
        self.facts, self.binary_types, self.base_paths = api.facts, api.binary_types, api.base_paths
        self.demands = security.demands(api)
        self.workers = Workers()
        self.validators = Validators(api.definition, self.workers)
        self.permissions = Permissions(api, {f.settings.arn: name for name, f in functions.items()})
        self.permitted = self.permissions.methods()
        self.authorizers = Authorizers(self.authorizer_function, endpoint, self.authorizer_event)

    async def __call__(self, request: Request) -> Response:
        """Answer one request, whatever happens."""
        exchange, outcome = events.exchange(request, self.api.stage_name, self.base_paths), Outcome()
        try:
            response = await self.answer(exchange, outcome)
        except Refusal as refusal:
            response = self.refuse(exchange, outcome, refusal)
        except Exception:
            log.exception("the local gateway failed on request %s", exchange.request_id)
            response = self.refuse(exchange, outcome, Refusal("DEFAULT_5XX"))
        response.headers += [("x-amzn-RequestId", exchange.request_id), ("x-amz-apigw-id", exchange.extended_id)]
        response.close = response.close or bool(request.malformed)
        self.tell(exchange, response, outcome)
        return response

    def tell(self, exchange: Exchange, response: Response, outcome: Outcome) -> None:
        """Report a response; a full disk must not keep it from the client."""
        try:
            self.report(exchange, response, outcome, exchange.context or self.context(exchange))
        except OSError:
            log.warning("the access log cannot be written")

    async def answer(self, exchange: Exchange, outcome: Outcome) -> Response:
        """The way of a request: found, authorized, within its limits, valid, answered."""
        sizes.check_request(exchange.request)
        method = self.route(exchange)
        await self.admit(exchange, method)
        mocked = str(method.integration.get("type", "")).lower() == "mock"
        if not mocked:
            binary = events.is_binary(exchange.header("content-type"), self.binary_types)
            sizes.check_body(exchange.request.body, binary)
        await self.validators.check(exchange, method)
        if mocked:
            response = await self.mock(exchange, method)
        else:
            response = await self.invoke(exchange, method, outcome)
        response.headers.append(("X-Amzn-Trace-Id", exchange.trace_id))
        return response

    def route(self, exchange: Exchange) -> Method:
        """Find the method that answers."""
        match = self.api.router.match(exchange.route)
        if match:
            exchange.resource, exchange.path_parameters = match
            exchange.method = exchange.resource.method(exchange.request.method)
        if exchange.method is None:
            raise unknown_route(exchange)
        return exchange.method

    async def admit(self, exchange: Exchange, method: Method) -> None:
        """Hold a request against what its method asks of callers, then against the limits."""
        demand = self.demands[method.resource, method.verb]
        if demand.scheme:
            arn = method_arn(self.api.id, self.api.stage_name, exchange.request.method, exchange.route)
            await self.authorizers.authorize(
                demand.scheme, list(demand.scopes), exchange, method, arn, self.variables(exchange)
            )
        given = exchange.usage_key if self.api.key_source == "AUTHORIZER" else exchange.header("x-api-key")
        self.limits.admit(exchange, method, demand.key, given)

    async def mock(self, exchange: Exchange, method: Method) -> Response:
        """A mock integration. It gets no objects of the API, which its templates cannot refer to."""
        sent = dataclasses.replace(exchange, resource=None, method=None, key=None)
        variables = Variables(sent, self.context(exchange), self.api.stage_variables)
        work = (sent, method.integration, variables, self.binary_types)
        return await self.workers.run(len(exchange.request.body), mocks.mock, *work)

    async def invoke(self, exchange: Exchange, method: Method, outcome: Outcome) -> Response:
        """A Lambda proxy integration."""
        function = self.function(str(method.function_arn))
        if function is None or (method.resource, method.verb) not in self.permitted:
            raise Refusal(
                "API_CONFIGURATION_ERROR",
                reason="no AWS::Lambda::Permission lets API Gateway call "
                f"{method.function_arn} for {method.verb} {method.resource}",
            )
        event = events.proxy_event(exchange, self.context(exchange), self.api.stage_variables, self.binary_types)
        sizes.check_event(event)
        wait = min(MAX_TIMEOUT, float(method.integration.get("timeoutInMillis", MAX_TIMEOUT * 1000)) / 1000)
        started = time.perf_counter()
        try:
            answer, outcome.function_request_id = await function.invoke(event, wait)
            outcome.integration_status = 200
            return proxy.response(answer, exchange.header("accept"), self.binary_types)
        except (FunctionError, proxy.Malformed, TimeoutError) as error:
            raise failed(error, function, wait, outcome) from error
        finally:
            outcome.integration_latency = round((time.perf_counter() - started) * 1000)

    def function(self, arn: str) -> Function | None:
        """The function that an ARN names, whatever its version or alias."""
        return self.functions.get(arn.partition(":function:")[2].partition(":")[0])

    def authorizer_function(self, arn: str) -> Function | None:
        """The same, when the function may be called as an authorizer."""
        return self.function(arn) if self.permissions.authorizer(arn) else None

    def context(self, exchange: Exchange) -> dict[str, Any]:
        """requestContext, as much as is known now."""
        exchange.context = events.context(exchange, self.api.stage_name, self.facts)
        return exchange.context

    def variables(self, exchange: Exchange) -> Variables:
        """The variables of templates and mappings."""
        return Variables(exchange, self.context(exchange), self.api.stage_variables)

    def authorizer_event(self, exchange: Exchange) -> dict[str, Any]:
        """The event of a REQUEST authorizer: the proxy event without body, its empty parts as empty objects."""
        event = events.event_without_body(exchange, self.context(exchange), self.api.stage_variables)
        return {name: {} if value is None else value for name, value in event.items()}

    def refuse(self, exchange: Exchange, outcome: Outcome, refusal: Refusal) -> Response:
        """A gateway response."""
        refusal.forget_frames()
        outcome.refusal = refusal
        return self.refusals.answer(refusal, self.variables(exchange))


def unknown_route(exchange: Exchange) -> Refusal:
    """A path or method that there is not: API Gateway takes the request for one to AWS itself, which is signed."""
    authorization = exchange.header("authorization")
    if authorization:
        return Refusal(
            "INVALID_SIGNATURE",
            "Invalid key=value pair (missing equal-sign) in Authorization header "
            "(hashed with SHA-256 and encoded with Base64).",
        )
    return Refusal("MISSING_AUTHENTICATION_TOKEN")


def failed(error: Exception, function: Function, wait: float, outcome: Outcome) -> Refusal:
    """The response to the client when a function has failed; it never says why."""
    name = function.settings.logical_id
    if isinstance(error, Throttled):
        outcome.integration_error = error.message
        return Refusal("DEFAULT_5XX", reason=f"{name}: {error.kind}\n{error.detail}")
    if isinstance(error, FunctionError):
        outcome.integration_status, outcome.integration_error = 200, error.message
        return Refusal("DEFAULT_5XX", status=502, reason=f"{name}: {error.kind}\n{error.detail}")
    if isinstance(error, proxy.Malformed):
        outcome.integration_error = "Malformed Lambda proxy response"
        return Refusal("DEFAULT_5XX", status=502, reason=f"{name}: {error}")
    outcome.integration_error = "Endpoint request timed out"
    return Refusal("INTEGRATION_TIMEOUT", reason=f"{name}: no answer in {wait:g} s")
