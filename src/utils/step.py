"""The frame of a function that a state machine invokes.

A failure is logged and raised without its text, which could quote what is personal: Step Functions keeps errors in the
history of an execution. The state machine tries a step again, and so a step may run twice.
"""

from __future__ import annotations

import logging

from utils.deadline import Deadline
from utils.faults import names, stack_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Provider = Callable[[Deadline], Any]
    Step = Callable[[Mapping[str, Any], Any], Any]

log = logging.getLogger("users_api")

# Kept back from the function's time, to stop in order.
RESERVE_SECONDS = 5.0


class StepFailed(Exception):
    """A step failed; its text names kinds of exceptions only."""


def step(action: Callable[..., Any], **providers: Provider) -> Step:
    """A Lambda handler for one step: runs `action(event, **provided)` and returns what that returns."""

    def lambda_handler(event: Mapping[str, Any], context: Any) -> Any:
        deadline = Deadline(context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS)
        try:
            return action(event, **{name: provide(deadline) for name, provide in providers.items()})
        except Exception as error:  # noqa: BLE001 - the state machine decides what follows
            failed = _failed(error)
        raise failed  # not inside except, which would make the error its context

    return lambda_handler


def _failed(error: Exception) -> StepFailed:
    log.error("step_failed", extra={"cause": names(error), "stack": stack_of(error)})
    return StepFailed(", ".join(names(error)))
