"""Gateway responses: what API Gateway answers itself, in the template's words where it has any."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from local.gateway.events import Exchange
from local.wire.messages import Response

Headers = list[tuple[str, str]]

# type: (status, message, x-amzn-ErrorType)
DEFAULTS: dict[str, tuple[int, str | None, str]] = {
    "ACCESS_DENIED": (403, "User is not authorized to access this resource", "AccessDeniedException"),
    "API_CONFIGURATION_ERROR": (500, "Internal server error", "InternalServerErrorException"),
    "AUTHORIZER_CONFIGURATION_ERROR": (500, None, "AuthorizerConfigurationException"),
    "AUTHORIZER_FAILURE": (500, None, "AuthorizerFailureException"),
    "BAD_REQUEST_PARAMETERS": (400, "Missing required request parameters", "BadRequestException"),
    "BAD_REQUEST_BODY": (400, "Invalid request body", "BadRequestException"),
    "DEFAULT_4XX": (400, "Bad Request", "BadRequestException"),
    "DEFAULT_5XX": (500, "Internal server error", "InternalServerErrorException"),
    "EXPIRED_TOKEN": (403, "The security token included in the request is expired", "ExpiredTokenException"),
    "INTEGRATION_FAILURE": (504, "Network error communicating with endpoint", "InternalServerErrorException"),
    "INTEGRATION_TIMEOUT": (504, "Endpoint request timed out", "InternalServerErrorException"),
    "INVALID_API_KEY": (403, "Forbidden", "ForbiddenException"),
    "INVALID_SIGNATURE": (
        403,
        "The request signature we calculated does not match the signature you provided.",
        "InvalidSignatureException",
    ),
    "MISSING_AUTHENTICATION_TOKEN": (403, "Missing Authentication Token", "MissingAuthenticationTokenException"),
    "QUOTA_EXCEEDED": (429, "Limit Exceeded", "LimitExceededException"),
    "REQUEST_TOO_LARGE": (413, "Request Too Long", "RequestTooLargeException"),
    "RESOURCE_NOT_FOUND": (404, "Not Found", "NotFoundException"),
    "THROTTLED": (429, "Too Many Requests", "TooManyRequestsException"),
    "UNAUTHORIZED": (401, "Unauthorized", "UnauthorizedException"),
    "UNSUPPORTED_MEDIA_TYPE": (415, "Unsupported Media Type", "BadRequestException"),
    "WAF_FILTERED": (403, "Forbidden", "ForbiddenException"),
}
DEFAULT_TEMPLATES = {"application/json": '{"message":$context.error.messageString}'}
VARIABLE = re.compile(
    r"\$(context|stageVariables|method\.request\.(?:header|path|querystring))\.([A-Za-z0-9_.-]*[A-Za-z0-9_-])"
)


class Refusal(Exception):
    """API Gateway answers itself: raised anywhere, answered in one place. `status` replaces the type's own."""

    def __init__(
        self,
        kind: str,
        message: str | None = None,
        *,
        status: int | None = None,
        details: str | None = None,
        reason: str = "",
    ) -> None:
        super().__init__(kind)
        self.kind, self.status, self.details, self.reason = kind, status, details, reason
        self.message = message if message is not None else DEFAULTS[kind][1]

    def forget_frames(self) -> None:
        """Let go of the frames on the way here, and with them of the request: a kept refusal would hold its body."""
        error: BaseException | None = self
        while error is not None:
            error.__traceback__ = None
            error = error.__cause__ or error.__context__


class GatewayResponses:
    """Answers refusals with what the template says for their type, or for DEFAULT_4XX and DEFAULT_5XX."""

    def __init__(self, written: Mapping[str, Mapping[str, Any]]) -> None:
        self.written = written

    def answer(self, refusal: Refusal, variables: Variables) -> Response:
        """The response for a refusal."""
        own_status, _, error_type = DEFAULTS[refusal.kind]
        status = refusal.status or own_status
        block = self.block(refusal.kind, status)
        if block.get("statusCode"):
            status = int(block["statusCode"])
        variables.add(
            {
                "context.error.message": refusal.message,
                "context.error.messageString": json.dumps(refusal.message),
                "context.error.responseType": refusal.kind,
                "context.error.validationErrorString": json.dumps(refusal.details or "")[1:-1],
            }
        )
        kind, template = choose(
            block.get("responseTemplates") or DEFAULT_TEMPLATES, variables.exchange.header("accept")
        )
        headers: Headers = [("Content-Type", kind), ("x-amzn-ErrorType", error_type)]
        for name, expression in (block.get("responseParameters") or {}).items():
            value = variables.mapped(expression)
            if name.startswith("gatewayresponse.header.") and value is not None:
                headers = with_header(headers, name.removeprefix("gatewayresponse.header."), value)
        return Response(status, headers, variables.filled(template).encode())

    def block(self, kind: str, status: int) -> Mapping[str, Any]:
        """The response of the template for a type, for the default of its class, or nothing."""
        return self.written.get(kind) or self.written.get(f"DEFAULT_{status // 100}XX") or {}


def with_header(headers: Headers, name: str, value: str) -> Headers:
    """The headers with one of them set, whatever its spelling was."""
    return [pair for pair in headers if pair[0].lower() != name.lower()] + [(name, value)]


def choose(templates: Mapping[str, str], accept: str | None) -> tuple[str, str]:
    """The template for what the client accepts, else the one for JSON, else the first."""
    wanted = [kind.split(";")[0].strip() for kind in (accept or "").split(",")]
    for kind in [*wanted, "application/json", *templates]:
        if kind in templates:
            return kind, templates[kind]
    return "application/json", ""


class Variables:
    """$context, $stageVariables and the request's parameters, for templates and parameter mappings."""

    def __init__(self, exchange: Exchange, context: Mapping[str, Any], stage_variables: Mapping[str, str]) -> None:
        self.exchange, self.context, self.stage_variables = exchange, context, stage_variables
        self.added: dict[str, Any] = {}

    def add(self, values: Mapping[str, Any]) -> None:
        """Further variables, by their whole name."""
        self.added.update(values)

    def value(self, name: str) -> Any:
        """A variable by its whole name, such as 'context.identity.sourceIp'; None when there is none."""
        if name in self.added:
            return self.added[name]
        if name.startswith("context."):
            return dig(self.context, name.split(".")[1:])
        if name.startswith("stageVariables."):
            return self.stage_variables.get(name.removeprefix("stageVariables."))
        return self.parameter(name)

    def parameter(self, name: str) -> str | list[str] | None:
        """method.request.header.X and its like."""
        match = re.fullmatch(
            r"method\.request\.(multivalueheader|multivaluequerystring|header|path|querystring)\.(.+)", name
        )
        if not match:
            return None
        kind, key = match.groups()
        if kind == "path":
            return self.exchange.path_parameters.get(key)
        if kind in ("querystring", "multivaluequerystring"):
            values = self.exchange.query.get(key)
            return values if values is None or kind.startswith("multi") else values[-1]
        return self.exchange.header(key.lower())

    def mapped(self, expression: Any) -> str | None:
        """The value of a parameter mapping: 'a constant in quotes', context.X, stageVariables.X, method.request.Y.Z."""
        text = str(expression)
        if len(text) > 1 and text[0] == text[-1] == "'":
            return text[1:-1]
        found = self.value(text)
        return None if found is None else as_text(found)

    def filled(self, template: str) -> str:
        """A gateway response's template, its variables replaced; what there is not becomes empty."""
        return VARIABLE.sub(lambda match: as_text(self.value(f"{match[1]}.{match[2]}")), template)


def as_text(value: Any) -> str:
    """A variable inside text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def dig(value: Any, names: list[str]) -> Any:
    """A field of a field."""
    for name in names:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value
