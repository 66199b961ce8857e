"""Mock integrations: a response made of templates and mappings, without a function."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from local.gateway.events import Exchange, is_binary
from local.gateway.mapping import render
from local.gateway.responses import Headers, Refusal, Variables, choose, with_header
from local.gateway.vtl.values import VtlError
from local.wire.messages import Response


def mock(
    exchange: Exchange, integration: Mapping[str, Any], variables: Variables, binary_types: Sequence[str]
) -> Response:
    """Answer a mock integration. Raises Refusal."""
    status = wanted_status(exchange, integration, variables, binary_types)
    return integration_response(exchange, integration.get("responses") or {}, str(status), variables)


def wanted_status(
    exchange: Exchange, integration: Mapping[str, Any], variables: Variables, binary_types: Sequence[str]
) -> int:
    """The statusCode that the request template asks for; it selects the integration response."""
    content_type = exchange.header("content-type")
    if is_binary(content_type, binary_types) and integration.get("contentHandling") != "CONVERT_TO_TEXT":
        raise Refusal(
            "API_CONFIGURATION_ERROR",
            reason="the request is binary (x-amazon-apigateway-binary-media-types), so its "
            "template cannot be used; the mock needs contentHandling: CONVERT_TO_TEXT",
        )
    kind = (content_type or "application/json").split(";")[0].strip()
    templates = integration.get("requestTemplates") or {}
    body = exchange.request.body.decode("utf-8", "replace")
    if kind in templates:
        text = rendered(templates[kind], exchange, variables, body)[0]
    else:
        check_pass_through(integration, templates)
        text = body  # as it is: what a client sends is no template
    try:
        status = json.loads(text)["statusCode"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Refusal(
            "API_CONFIGURATION_ERROR", reason="the request template does not produce an object with a statusCode"
        ) from error
    if not isinstance(status, int) or isinstance(status, bool):
        reason = f"the request template's statusCode, {status!r}, is not an integer"
        raise Refusal("API_CONFIGURATION_ERROR", reason=reason)
    return status


def rendered(template: str, exchange: Exchange, variables: Variables, body: str) -> tuple[str, dict[str, Any]]:
    """A mapping template's text and $context. Raises Refusal."""
    try:
        return render(template, exchange, variables, body)
    except VtlError as error:
        raise Refusal("API_CONFIGURATION_ERROR", reason=f"mock integration: {error}") from error
    except RecursionError as error:
        reason = "mock integration: the JSON that the template reads is nested too deeply"
        raise Refusal("API_CONFIGURATION_ERROR", reason=reason) from error


def check_pass_through(integration: Mapping[str, Any], templates: Mapping[str, str]) -> None:
    """Reject, by passthroughBehavior, a body whose media type has no template. Raises Refusal."""
    behaviour = str(integration.get("passthroughBehavior", "when_no_match")).lower()
    if behaviour == "never" or (behaviour == "when_no_templates" and templates):
        raise Refusal("UNSUPPORTED_MEDIA_TYPE")


def integration_response(
    exchange: Exchange, responses: Mapping[str, Any], selector: str, variables: Variables
) -> Response:
    """The integration response whose pattern fits, else the default one, mapped to what the client gets."""
    block = selected(responses, selector)
    headers: Headers = []
    for name, expression in (block.get("responseParameters") or {}).items():
        value = variables.mapped(expression)
        if name.startswith("method.response.header.") and value is not None:
            headers = with_header(headers, name.removeprefix("method.response.header."), value)
    templates = block.get("responseTemplates") or {}
    kind, template = choose(templates, exchange.header("accept"))
    body, context = rendered(template, exchange, variables, "") if templates else ("", {})
    override = context.get("responseOverride") or {}
    for name, value in (override.get("header") or {}).items():
        headers = with_header(headers, name, str(value))
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.insert(0, ("Content-Type", kind))
    return Response(overridden(override.get("status"), int(block["statusCode"])), headers, body.encode())


def overridden(status: Any, own: int) -> int:
    """$context.responseOverride.status, when it is the status of a final response."""
    return status if isinstance(status, int) and 200 <= status <= 599 else own


def selected(responses: Mapping[str, Any], selector: str) -> Mapping[str, Any]:
    """The integration response that matches."""
    for pattern, block in responses.items():
        if pattern != "default" and re.fullmatch(pattern, selector):
            return dict(block)
    if "default" not in responses:
        raise Refusal(
            "API_CONFIGURATION_ERROR", reason=f"no integration response matches '{selector}', and there is no default"
        )
    return dict(responses["default"])
