"""The errors that a client can get: each class is one problem type with its status, code and title.

    AppError
    ├── BadRequest                 400
    │   ├── InvalidJson            400  invalid_json
    │   ├── DuplicateField         400  duplicate_field
    │   ├── InvalidFields          400
    │   ├── InvalidQuery           400  invalid_query
    │   ├── InvalidCursor          400  invalid_cursor
    │   ├── ExpiredCursor          400  expired_cursor
    │   └── InvalidHeader          400  invalid_header
    ├── Conflict                   409
    │   └── RequestInProgress      409  request_in_progress
    ├── PreconditionFailed         412  precondition_failed
    ├── BodyTooLarge               413  body_too_large
    ├── UnsupportedMediaType       415  unsupported_media_type
    ├── IdempotencyKeyReused       422  idempotency_key_reused
    ├── InternalError              500  internal_error
    └── ServiceUnavailable         503  unavailable

Errors of one kind of resource are in its own errors.py, as classes below these. Errors of API Gateway itself (401,
403, 404 for a path, 405, 429, 502, 504) are in api-gateway.yaml.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class AppError(Exception):
    """A failure with its own response; `detail` is one sentence for the client, without internal details."""

    status = 500
    code = "internal_error"
    title = "Internal error"
    detail = "Something went wrong on our side."

    def __init__(self, detail: str = "", *, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail or self.detail)
        self.detail = detail or self.detail
        self.headers = headers or {}
        self.errors: list[dict[str, Any]] = []


class BadRequest(AppError):
    """The request itself is wrong; sending it again changes nothing."""

    status = 400


class InvalidJson(BadRequest):
    """The body is not one JSON document in strict UTF-8."""

    code = "invalid_json"
    title = "Malformed JSON"
    detail = "The body is not valid JSON."


class DuplicateField(BadRequest):
    """An object in the body contains a field twice."""

    code = "duplicate_field"
    title = "Duplicate field"
    detail = "An object in the body contains the same field more than once."


class InvalidFields(BadRequest):
    """Fields of the body break their rules; `errors` has each one: pointer, code, message."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(" ".join(str(error["message"]) for error in errors[:3]))
        self.errors = errors


class InvalidQuery(BadRequest):
    """A query parameter is unknown, repeated, or out of its bounds."""

    code = "invalid_query"
    title = "Invalid query"


class InvalidCursor(BadRequest):
    """A `lastKey` that this route did not hand out for this query."""

    code = "invalid_cursor"
    title = "Invalid cursor"
    detail = "lastKey is not a valid cursor for this list."


class ExpiredCursor(BadRequest):
    """A `lastKey` that was good once."""

    code = "expired_cursor"
    title = "Expired cursor"
    detail = "lastKey has expired. Start again without it."


class InvalidHeader(BadRequest):
    """A header that the request depends on cannot be read."""

    code = "invalid_header"
    title = "Invalid header"


class Conflict(AppError):
    """The request is right, but not beside what is there."""

    status = 409


class RequestInProgress(Conflict):
    """The first request with this idempotency key has not ended yet."""

    code = "request_in_progress"
    title = "Request in progress"
    detail = "A request with this Idempotency-Key is still in progress."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "1"})


class PreconditionFailed(AppError):
    """If-Match or If-None-Match does not hold; carries the current ETag."""

    status = 412
    code = "precondition_failed"
    title = "Precondition failed"
    detail = "The current version does not match the precondition of the request."

    def __init__(self, etag: str) -> None:
        super().__init__(headers={"ETag": etag})


class BodyTooLarge(AppError):
    """The body is too large."""

    status = 413
    code = "body_too_large"
    title = "Body too large"


class UnsupportedMediaType(AppError):
    """The body is not sent as JSON."""

    status = 415
    code = "unsupported_media_type"
    title = "Unsupported media type"


class IdempotencyKeyReused(AppError):
    """The idempotency key was used with another body."""

    status = 422
    code = "idempotency_key_reused"
    title = "Idempotency key reused"
    detail = "This Idempotency-Key was already used with a different body."


class InternalError(AppError):
    """Something went wrong on our side; the log says what, under the same request id."""


class ServiceUnavailable(AppError):
    """The database was throttled or out of reach until time ran out; the write may or may not have been made."""

    status = 503
    code = "unavailable"
    title = "Service unavailable"
    detail = "The database did not respond in time. Try again."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "1"})
