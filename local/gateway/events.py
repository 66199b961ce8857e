"""The input of a function: the proxy event (payload format 1.0) and its request context."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_plus

from local.gateway.routes import Method, Resource
from local.wire import ids
from local.wire.messages import Request

# never handed on, whatever the integration
DROPPED = frozenset(
    {
        "connection",
        "content-length",
        "content-md5",
        "expect",
        "max-forwards",
        "proxy-authenticate",
        "server",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "www-authenticate",
    }
)
NO_IDENTITY: dict[str, Any] = dict.fromkeys(
    (
        "cognitoIdentityPoolId",
        "accountId",
        "cognitoIdentityId",
        "caller",
        "principalOrgId",
        "accessKey",
        "cognitoAuthenticationType",
        "cognitoAuthenticationProvider",
        "userArn",
        "user",
    )
)


@dataclass
class Exchange:
    """One request on its way through the gateway, with everything that becomes known of it.

    All paths are as sent, not decoded: `full_path` as called, `path` without the stage (what functions are told),
    `route` without the base path of a custom domain too (what methods are found by).
    """

    request: Request
    path: str
    full_path: str
    route: str = ""
    base_path: str | None = None
    request_id: str = field(default_factory=ids.request_id)
    extended_id: str = field(default_factory=ids.extended_id)
    trace_id: str = ""
    host: str = ""
    headers: dict[str, str] = field(default_factory=dict)  # the last value of each, names as sent
    many_headers: dict[str, list[str]] = field(default_factory=dict)
    query: dict[str, list[str]] = field(default_factory=dict)  # decoded
    path_parameters: dict[str, str] = field(default_factory=dict)  # as sent
    resource: Resource | None = None
    method: Method | None = None
    key: Any = None  # the API key that was used
    authorizer: dict[str, Any] | None = None  # the result of the authorizer.
    usage_key: str | None = None  # the API key that an authorizer gave
    context: dict[str, Any] | None = None  # the last requestContext
    spelling: dict[str, str] = field(default_factory=dict)  # the names of headers as sent, by those in lower case

    def header(self, name: str) -> str | None:
        """A header by its name in lower case."""
        return self.headers.get(self.spelling.get(name, ""))

    def set_header(self, name: str, value: str) -> None:
        """Put one value in the place of a header's own, under the name that it was sent with."""
        name = self.spelling.setdefault(name.lower(), name)
        self.headers[name] = value
        self.many_headers[name] = [value]


def exchange(request: Request, stage: str, base_paths: Sequence[str] = ()) -> Exchange:
    """Read a request as far as every part of the gateway needs it."""
    full_path, _, query = request.target.partition("?")
    prefix = f"/{stage}"
    path = full_path[len(prefix) :] or "/" if below(full_path, prefix) else full_path
    found = Exchange(request, path, full_path, path)
    for base in base_paths:
        if below(path, f"/{base}"):
            found.route, found.base_path = path[len(base) + 1 :] or "/", base
            break
    for name, value in request.headers:
        low = name.lower()
        if low not in DROPPED:
            first = found.spelling.setdefault(low, name)  # sent twice in two spellings it is one header
            found.headers[first] = value
            found.many_headers.setdefault(first, []).append(value)
    found.query = query_parameters(query)
    found.host = found.header("host") or ""
    add_forwarding(found)
    return found


def below(path: str, prefix: str) -> bool:
    """Whether a path is a prefix or goes on from it."""
    return path == prefix or path.startswith(prefix + "/")


def add_forwarding(found: Exchange) -> None:
    """The headers that API Gateway adds or extends on the way in."""
    found.trace_id = trace(found.header("x-amzn-trace-id"))
    forwarded = found.header("x-forwarded-for")
    found.set_header("X-Amzn-Trace-Id", found.trace_id)
    found.set_header("X-Forwarded-For", f"{forwarded}, {found.request.client}" if forwarded else found.request.client)
    found.set_header("X-Forwarded-Port", found.host.rpartition("]")[2].partition(":")[2] or "80")
    found.set_header("X-Forwarded-Proto", "http")


def trace(given: str | None) -> str:
    """The trace id: the caller's root when it sent one, else a new one."""
    for part in (given or "").split(";"):
        if part.strip().startswith("Root=1-"):
            return str(given)
    return ids.trace_root()


def query_parameters(text: str) -> dict[str, list[str]]:
    """Every value of every query parameter, decoded; a name without '=' has an empty value."""
    found: dict[str, list[str]] = {}
    for part in text.split("&"):
        if part:
            name, _, value = part.partition("=")
            found.setdefault(unquote_plus(name), []).append(unquote_plus(value))
    return found


def context(found: Exchange, stage: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """requestContext. `facts` are the API's own: accountId, apiId, deploymentId."""
    identity = {**NO_IDENTITY, "sourceIp": found.request.client, "userAgent": found.header("user-agent")}
    if found.key is not None:
        identity |= {"apiKey": found.key.value, "apiKeyId": found.key.id}
    known: dict[str, Any] = {
        "resourceId": found.resource.id if found.resource else None,
        "resourcePath": found.resource.path if found.resource else None,
        "httpMethod": found.request.method,
        "extendedRequestId": found.extended_id,
        "requestTime": request_time(found.request.received),
        "path": found.full_path,
        "accountId": facts["accountId"],
        "protocol": f"HTTP/{found.request.version}",
        "stage": stage,
        "domainPrefix": found.host.split(":")[0].split(".")[0],
        "requestTimeEpoch": int(found.request.received * 1000),
        "requestId": found.request_id,
        "identity": identity,
        "domainName": found.host,
        "deploymentId": facts["deploymentId"],
        "apiId": facts["apiId"],
    }
    if found.authorizer is not None:
        known["authorizer"] = found.authorizer
    return known


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def request_time(seconds: float) -> str:
    """CLF time, as 10/Oct/2026:13:55:36 +0000."""
    return clf_time(int(seconds))


@lru_cache(maxsize=4)
def clf_time(seconds: int) -> str:
    """The same of a whole second; many requests share one."""
    t = time.gmtime(seconds)
    return f"{t.tm_mday:02}/{MONTHS[t.tm_mon - 1]}/{t.tm_year}:{t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02} +0000"


def proxy_event(
    found: Exchange, request_context: dict[str, Any], variables: Mapping[str, str] | None, binary_types: Sequence[str]
) -> dict[str, Any]:
    """The event of a Lambda proxy integration."""
    body, encoded = event_body(found.request.body, found.header("content-type"), binary_types)
    return {**event_without_body(found, request_context, variables), "body": body, "isBase64Encoded": encoded}


def event_without_body(
    found: Exchange, request_context: dict[str, Any], variables: Mapping[str, str] | None
) -> dict[str, Any]:
    """The rest of the same event."""
    return {
        "resource": found.resource.path if found.resource else None,
        "path": found.path,
        "httpMethod": found.request.method,
        "headers": found.headers,
        "multiValueHeaders": found.many_headers,
        "queryStringParameters": {name: values[-1] for name, values in found.query.items()} or None,
        "multiValueQueryStringParameters": found.query or None,
        "pathParameters": found.path_parameters or None,
        "stageVariables": dict(variables) if variables else None,
        "requestContext": request_context,
    }


def event_body(body: bytes, content_type: str | None, binary_types: Sequence[str]) -> tuple[str | None, bool]:
    """A request's body as text, or as base64 when its media type is one of the API's binary types."""
    if not body:
        return None, False
    if is_binary(content_type, binary_types):
        return base64.b64encode(body).decode(), True
    return body.decode("utf-8", "replace"), False


def is_binary(media_type: str | None, binary_types: Sequence[str]) -> bool:
    """Whether a Content-Type or the first type of an Accept header is among the API's binary media types."""
    kind = (media_type or "application/json").split(",")[0].split(";")[0].strip().lower()
    for pattern in binary_types:
        main, _, sub = pattern.lower().partition("/")
        if pattern == "*/*" or kind == pattern.lower() or (sub == "*" and kind.startswith(main + "/")):
            return True
    return False
