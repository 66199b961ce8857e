"""The requirements of a method for its callers: an API key, an authorizer, scopes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.gateway.access.authorizers import Scheme
from local.gateway.api import Api
from local.gateway.routes import Method
from local.template.source import TemplateError

KINDS = ("token", "request", "cognito_user_pools")


@dataclass(frozen=True)
class Demand:
    """The requirements of one method."""

    key: bool = False
    scheme: Scheme | None = None
    scopes: tuple[str, ...] = ()


def demands(api: Api) -> dict[tuple[str, str], Demand]:
    """The requirements of every method, by path and verb. Raises TemplateError."""
    return {
        (method.resource, method.verb): demand(api, method)
        for resource in api.resources
        for method in resource.methods.values()
    }


def demand(api: Api, method: Method) -> Demand:
    """The meaning of one method's `security` to API Gateway: a key and at most one authorizer."""
    key, scheme, scopes = False, None, ()
    for requirement in method.block.get("security") or []:
        for name, wanted in requirement.items():
            block = schemes(api).get(name)
            if block is None:
                raise TemplateError(f"{api.line(*method.trail)}: the security scheme '{name}' is not defined")
            found = authorizer(api, name, block)
            if found is None:
                key = True
            elif scheme is not None:
                raise TemplateError(f"{api.line(*method.trail)}: API Gateway takes one authorizer for a method")
            else:
                scheme, scopes = found, tuple(wanted or ())
    return Demand(key, scheme, scopes)


def schemes(api: Api) -> Mapping[str, Any]:
    """The security schemes of OpenAPI 3 or Swagger 2."""
    found: Mapping[str, Any] = (
        (api.definition.get("components") or {}).get("securitySchemes")
        or api.definition.get("securityDefinitions")
        or {}
    )
    return found


def authorizer(api: Api, name: str, block: Mapping[str, Any]) -> Scheme | None:
    """The authorizer of a scheme; None for the scheme that is the API key. Raises TemplateError."""
    written = block.get("x-amazon-apigateway-authorizer")
    kind = str(block.get("x-amazon-apigateway-authtype", "")).lower()
    if written is None and kind in ("", "api_key") and str(block.get("name", "")).lower() == "x-api-key":
        return None
    place = api.line("components", "securitySchemes", name)
    if written is None or str(written.get("type", "")).lower() not in KINDS:
        what = (written or {}).get("type") or kind or block.get("type")
        raise TemplateError(
            f"{place}: the security scheme '{name}' ({what}) is not supported locally; "
            f"API keys and authorizers of type {', '.join(KINDS)} are"
        )
    return Scheme(name, str(written["type"]).lower(), str(block.get("name") or "Authorization"), written)
