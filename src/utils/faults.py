"""The cause and place of a failure, for the log. Loaded on the first failure that is not the client's."""

from __future__ import annotations

import logging

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

log = logging.getLogger("users_api")


def log_fault(error: BaseException, request_id: str) -> None:
    """Log what went wrong and where, without the exceptions' texts: they may quote what a client sent.

    Lambda's own lines have a `requestId`, the invocation's; the one that the client was told goes by `apiRequestId`.
    """
    log.error("request_failed", extra={"apiRequestId": request_id, "cause": names(error), "stack": stack_of(error)})


def names(error: BaseException) -> list[str]:
    """The kinds of the exception and of its causes, with the database's error code where there is one."""
    found: list[str] = []
    while error and len(found) < 5:
        code = getattr(error, "code", "")
        found.append(f"{type(error).__name__} {code}".strip())
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return found


def stack_of(error: BaseException) -> list[str]:
    """Where an exception was raised: file, line and function of the innermost frames."""
    frames = []
    trace: TracebackType | None = error.__traceback__
    while trace:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename.rpartition('/src/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames[-10:]
