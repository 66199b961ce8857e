"""Requests as handlers see them, and `endpoint`, which turns a handler's action into a Lambda handler."""

from __future__ import annotations

import binascii
import logging
import re

from utils.config import setting
from utils.deadline import Deadline
from utils.errors import (
    AppError,
    BodyTooLarge,
    InternalError,
    InvalidHeader,
    InvalidJson,
    InvalidQuery,
    UnsupportedMediaType,
)
from utils.preconditions import Precondition, precondition
from utils.response import for_gateway, problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from utils.idempotency import IdempotencyKey
    from utils.response import Response

    Event = Mapping[str, Any]
    Parameter = Callable[[str], Any]
    LambdaHandler = Callable[[Event, Any], dict[str, Any]]

log = logging.getLogger("users_api")

MAX_BODY = 16 * 1024
JSON_TYPES = ("application/json",)
PATCH_TYPES = ("application/json", "application/merge-patch+json")
# Kept back from the function's time to write the answer that says that time ran out.
RESERVE_SECONDS = 0.25

_CHARSET = r'(?i)charset="?([^";]*)"?'


class PathParameters(dict[str, str]):
    """The path parameters of a request; a missing one means that the function is attached to the wrong path."""

    __slots__ = ()

    def __missing__(self, name: str) -> str:
        from utils.other_events import without_parameter

        raise without_parameter(name)


class Request:
    """One request: what API Gateway's proxy event says, read strictly.

    `headers` has names in lower case and repeated ones joined by ", "; `query` holds the declared parameters, read;
    `path` the path parameters; `location` the path as the client called it, stage included.
    """

    __slots__ = ("_event", "caller", "deadline", "headers", "location", "method", "path", "query")

    def __init__(self, event: Event, deadline: Deadline, parameters: Mapping[str, Parameter]) -> None:
        context = event.get("requestContext") or {}
        self._event = event
        self.method: str = event.get("httpMethod") or ""
        self.headers = _headers(event)
        self.query = _query(event, parameters)
        self.path = PathParameters(event.get("pathParameters") or {})
        self.location: str = (context.get("path") or event.get("path") or "").rstrip("/")
        self.caller = _caller(context)
        self.deadline = deadline

    def json(self) -> object:
        """The parsed body.

        Raises BodyTooLarge, UnsupportedMediaType, InvalidHeader, InvalidJson or DuplicateField.
        """
        if "content-range" in self.headers and self.method == "PUT":  # RFC 9110, 14.5; other methods ignore it (14.4)
            raise InvalidHeader("A PUT must not have a Content-Range; send the fields to change.")
        raw = _body(self._event)
        if len(raw) > MAX_BODY:
            raise BodyTooLarge(f"The body is larger than {MAX_BODY} bytes.")
        _check_media_type(self.headers, PATCH_TYPES if self.method == "PATCH" else JSON_TYPES)
        from utils import strict_json  # requests without a body do without it

        return strict_json.parse(raw)

    @property
    def precondition(self) -> Precondition:
        """If-Match and If-None-Match. Raises InvalidHeader."""
        return precondition(self.headers)

    def idempotency_key(self, content: dict[str, Any]) -> IdempotencyKey | None:
        """The key of this request, whose meaning is `content`; None where the client sent none."""
        value = self.headers.get("idempotency-key")
        if value is None:
            return None
        from utils.idempotency import IdempotencyKey

        return IdempotencyKey(self.caller, value, content)


def endpoint(
    action: Callable[..., Response],
    parameters: Mapping[str, Parameter] | None = None,
    **providers: Callable[[Deadline], Any],
) -> LambdaHandler:
    """A Lambda handler for one route.

    Runs `action(request, **provided)`, where each provider is called with the request's deadline, and answers every
    failure: an AppError as itself, anything else as a logged 500. `parameters` are the query parameters the route
    knows, each with what reads its text.
    """

    def lambda_handler(event: Event, context: Any) -> dict[str, Any]:
        request_id = _request_id(event, context)
        try:
            request = _request(event, context, parameters or {})
            response = action(request, **{name: provide(request.deadline) for name, provide in providers.items()})
        except AppError as error:
            response = _answered(error, request_id)
        except Exception as error:  # noqa: BLE001 - the one place where a fault becomes an answer
            from utils.faults import log_fault

            log_fault(error, request_id)
            response = problem(InternalError(), request_id)
        return for_gateway(response, request_id, setting("CORS_ORIGIN"))

    return lambda_handler


def _answered(error: AppError, request_id: str) -> Response:
    if error.status >= 500:
        from utils.faults import names

        told = {"apiRequestId": request_id, "cause": names(error), **getattr(error, "logged", {})}
        log.warning(getattr(error, "event", error.code), extra=told)
    return problem(error, request_id)


def _request(event: Event, context: Any, parameters: Mapping[str, Parameter]) -> Request:
    """The request in a proxy event of a REST API, or of an HTTP API in the same format: no other has both fields."""
    if not isinstance(event, dict) or "resource" not in event or "isBase64Encoded" not in event:
        from utils.other_events import unexpected

        raise unexpected(event)
    return Request(event, _deadline(context), parameters)


def _request_id(event: Event, context: Any) -> str:
    """API Gateway's id of the request, so that its access log, ours and the client speak of the same."""
    made = event.get("requestContext") if isinstance(event, dict) else None
    given = made.get("requestId") if isinstance(made, dict) else None
    return str(given or getattr(context, "aws_request_id", ""))


def _deadline(context: Any) -> Deadline:
    return Deadline(context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS)


def _headers(event: Event) -> dict[str, str]:
    many = event.get("multiValueHeaders") or {name: [value] for name, value in (event.get("headers") or {}).items()}
    headers: dict[str, str] = {}
    for name, values in many.items():
        key, value = name.lower(), ", ".join(values)
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers


def _query(event: Event, parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    sent = event.get("multiValueQueryStringParameters")
    if not sent:  # an event made by hand may have the other only
        sent = {name: [value] for name, value in (event.get("queryStringParameters") or {}).items()}
    for name, values in sent.items():
        if name not in parameters:
            raise InvalidQuery(f"This route accepts {_listed(parameters)}.")
        if len(values) > 1:
            raise InvalidQuery(f"{name} appears more than once.")
    return {name: parameters[name](values[0]) for name, values in sent.items()}


def _listed(parameters: Mapping[str, Parameter]) -> str:
    if not parameters:
        return "no query parameters"
    return "these query parameters: " + ", ".join(parameters)


def whole_number(name: str, smallest: int, largest: int) -> Parameter:
    """Reads a query parameter written in ASCII digits and nothing else."""

    def read(text: str) -> int:
        digits = text.isascii() and text.isdigit() and len(text) <= len(str(largest))
        if not digits or not smallest <= int(text) <= largest:
            raise InvalidQuery(f"{name} must be an integer from {smallest} to {largest}.")
        return int(text)

    return read


def _caller(context: Mapping[str, Any]) -> str:
    """The caller, for data that is kept per caller: the token's subject, else the API key's id."""
    claims = (context.get("authorizer") or {}).get("claims") or {}
    if claims.get("sub"):
        return f"sub:{claims['sub']}"
    key = (context.get("identity") or {}).get("apiKeyId")
    return f"key:{key}" if key else "anonymous"


def _body(event: Event) -> bytes:
    body: str = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")
    try:
        return binascii.a2b_base64(body.encode())
    except ValueError:
        raise InvalidJson from None


def _check_media_type(headers: dict[str, str], types: tuple[str, ...]) -> None:
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding != "identity":
        # RFC 7694: what was accepted, where a coding was the reason and only there
        raise UnsupportedMediaType(
            "The body must be sent without a Content-Encoding.", headers={"Accept-Encoding": "identity"}
        )
    media_type, _, rest = headers.get("content-type", types[0]).partition(";")
    if media_type.strip().lower() not in types:
        raise UnsupportedMediaType(f"Content-Type must be {' or '.join(types)}.", headers=_accepted(types))
    charset = re.search(_CHARSET, rest) if rest else None  # compiled when a request first needs it
    if charset and charset[1].strip().lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType("The charset must be UTF-8.", headers=_accepted(types))


def _accepted(types: tuple[str, ...]) -> dict[str, str]:
    """The accepted types: Accept (RFC 9110, 15.5.16), and Accept-Patch for a patch (RFC 5789, 2.2)."""
    listed = ", ".join(types)
    return {"Accept": listed, "Accept-Patch": listed} if types is PATCH_TYPES else {"Accept": listed}
