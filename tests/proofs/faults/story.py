"""A story: one meeting, one loss or one limit, played out at one exact moment. Its docstring is the promise.

docs/reference/guarantees.md tells of every story by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.proofs.faults.flow import MISSING, STALE, TAKEN, UNAVAILABLE, answer_of
from tests.proofs.faults.flows import ADA
from tests.proofs.faults.kinds import Fault
from tests.proofs.faults.rig import Reply, Rig

Story = Callable[[Rig], None]
STORIES: dict[str, Story] = {}

__all__ = ["MISSING", "STALE", "TAKEN", "UNAVAILABLE"]  # the answers that stories tell of

NEW = "augusta.personal@example.com"
OTHERS = "grace.personal@example.com"


def story(function: Story) -> Story:
    """Register a story under its name in plain words."""
    STORIES[function.__name__.removeprefix("_").replace("_", " ")] = function
    return function


def tell(rig: Rig, name: str) -> None:
    """Run one story on empty tables with a fresh function; AssertionError for whatever does not hold."""
    rig.wipe()
    rig.rewire()
    STORIES[name](rig)
    rig.state()


def another(rig: Rig, *request: Any, **more: Any) -> Callable[[], Reply]:
    """Another client's request, which meets no faults and no writers."""
    return lambda: rig.undisturbed(*request, **more)


def just_before(operation: str, meanwhile: Callable[[], Any], nth: int = 1, times: int = 1) -> Fault:
    """Another writer's turn, after a call was made and before it reaches DynamoDB."""
    return Fault(operation, nth, "none", times=times, meanwhile=meanwhile)


def answer_lost(operation: str, afterwards: Callable[[], Any], times: int = 1) -> Fault:
    """Another writer's turn, after a call took effect and before its answer is lost."""
    return Fault(operation, 1, "closed", after=True, times=times, afterwards=_once(afterwards))


def _once(action: Callable[[], Any]) -> Callable[[], Any]:
    left = [action]
    return lambda: left.pop()() if left else None


def create(rig: Rig, user: dict[str, Any] = ADA, **more: Any) -> str:
    """Create a user through the API; the path it is at."""
    reply = rig.send("POST", "/users", user, **more)
    assert reply.status == 201
    return f"/users/{reply.document['userId']}"


def stored(rig: Rig) -> dict[str, Any]:
    """The only user there is."""
    [user] = rig.state().users.values()
    return user


def assert_is(reply: Reply, status: int, code: str = "") -> None:
    """The reply has this status and, if it is a problem, this code."""
    assert answer_of(reply) == (status, code)
