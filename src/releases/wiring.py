"""The composition root of the check of a release."""

from __future__ import annotations

import json
import os

from utils.config import setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from adapters.deployments import Deployments
    from releases.requests import Call
    from utils.deadline import Deadline

# Longer than a function of users may take, so that one that hangs is seen to have failed.
SECONDS = 12.0


def call(deadline: Deadline) -> Call:
    """Calls a function by its name in the contract. Raises Broken for one that gives no answer."""
    from adapters.clients import client
    from adapters.functions import Functions, NoAnswer
    from releases.requests import DELETE, Broken

    functions = Functions(client("lambda", seconds=SECONDS), json.loads(setting("FUNCTIONS")))

    def made(name: str, event: dict[str, Any]) -> Any:
        if deadline.remaining() < (SECONDS if name == DELETE else 3 * SECONDS):  # the rest is for the cleanup
            raise Broken("the check took too long")
        try:
            return functions.call(name, event)
        except NoAnswer as error:
            raise Broken(f"{name} {error}") from None

    return made


def deployments(_deadline: Deadline) -> Deployments:
    """The deployments of CodeDeploy, which wait for a report."""
    from adapters.clients import client
    from adapters.deployments import Deployments

    return Deployments(client("codedeploy", attempts=5))


def mark(_deadline: Deadline) -> str:
    """Text that no other check has."""
    return os.urandom(12).hex()


def versions(_deadline: Deadline) -> str:
    """The versions of the functions in this release, for the log."""
    return setting("VERSIONS")
