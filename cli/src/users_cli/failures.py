"""Failures, each with the exit status that scripts see.

Failure              1
  Refused            1    the API has refused the request, or rows of a file
    NotFound         3    there is no such user, profile or path
    Conflict         4    the email is in use, or the user has changed since it was read
    NotSignedIn      5    the API does not know the caller
    Unavailable      6    the API responded that it cannot do it now
  WrongUsage         2    options, files or settings that cannot be used
  Unreachable        6    nothing responds
"""

from __future__ import annotations

from typing import Any

Problem = dict[str, Any]


class Failure(Exception):
    """Ends a command. `problem` is a problem document (RFC 9457), or as much of one as there is."""

    status = 1
    code = "failed"

    def __init__(self, detail: str, problem: Problem | None = None) -> None:
        super().__init__(detail)
        self.problem: Problem = problem or {"code": self.code, "detail": detail}

    def lines(self) -> list[str]:
        """The sentences for people: the title and the detail, each field, the request id."""
        title, detail = self.problem.get("title"), str(self.problem.get("detail") or self)
        errors = self.problem.get("errors") or []
        said = [str(error.get("message", "")) for error in errors]
        known = detail == " ".join(said)  # each field has its line then
        first = ": ".join(it for it in (title, "" if known and title else detail) if it)
        request = self.problem.get("requestId")
        each = [f"  {where(error)}{message}" for error, message in zip(errors, said, strict=True)]
        return [first, *each, *([f"  request id: {request}"] if request else [])]


def where(error: Problem) -> str:
    """The field that an error of a problem document is about."""
    field = str(error.get("pointer", "")).lstrip("/")
    return f"{field}: " if field else ""


class WrongUsage(Failure):
    """Options, files or settings that cannot be used."""

    status = 2
    code = "wrong_usage"


class Unreachable(Failure):
    """Nothing responds."""

    status = 6
    code = "unreachable"


class Refused(Failure):
    """The API has refused the request."""

    code = "refused"


class NotFound(Refused):
    """There is no such user, profile or path."""

    status = 3
    code = "not_found"


class Conflict(Refused):
    """The email is in use, or the user has changed since it was read."""

    status = 4
    code = "conflict"


class NotSignedIn(Refused):
    """The API does not know the caller."""

    status = 5
    code = "not_signed_in"


class Unavailable(Refused):
    """The API responded that it cannot do it now."""

    status = 6
    code = "unavailable"


KINDS: dict[int, type[Refused]] = {
    401: NotSignedIn,
    404: NotFound,
    409: Conflict,
    410: NotFound,
    412: Conflict,
    429: Unavailable,
}


def refusal(status: int, problem: Problem, *, by_token: bool = False) -> Refused:
    """The failure for a response with an HTTP status of 400 or above. `by_token` says that the request had a token."""
    kind = Unavailable if status >= 500 else KINDS.get(status, Refused)
    code = problem.get("code")
    if code == "signed_out" or (code == "forbidden" and not by_token):  # without a token, it is a missing or wrong key
        kind = NotSignedIn
    return kind(str(problem.get("detail") or f"The API responded with the status {status}."), problem)
