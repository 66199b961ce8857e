"""The guard of a stack with sign-in: an action runs under a rule of access, or not at all.

A rule gives the users that a caller reaches. Actions on users run on these users alone (`guarded`). Those of the other
capabilities run as they are, for an own record only if the path names it (`permitted`).
docs/reference/access.md has the table for all operations and callers.

All of it is in one module, because a cold start pays for each. A stack without sign-in loads none of it.
"""

from __future__ import annotations

import time

import wiring
from users.reading import UserReader
from utils.caller import MACHINE, PERSON, caller_in
from utils.config import setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from users.people import People
    from users.signed_in import SignedInUsers
    from utils.caller import Caller
    from utils.deadline import Deadline
    from utils.http import Request
    from utils.response import Response

    Action = Callable[..., Response]
    Repository = TypeVar("Repository", bound=SignedInUsers)

SELF, READ, WRITE, ADMIN = "users/self", "users/read", "users/write", "users/admin"
OWN, ALL = "own", "all"  # the users that a caller reaches


# A rule is the scopes of an operation, as the contract names them. People have users/self, for their own record.
# Machines have users/read or users/write. users/admin counts together with the group of administrators only.
ADMINS = ADMIN
READERS = f"{READ} {ADMIN}"
WRITERS = f"{WRITE} {ADMIN}"
OWNER_OR_READERS = f"{SELF} {READERS}"
OWNER_OR_WRITERS = f"{SELF} {WRITERS}"
MYSELF = SELF


def reach(caller: Caller, rule: str) -> str:
    """OWN or ALL. Raises AccessDenied for everybody whom no scope of the rule lets."""
    let = caller.scopes.intersection(rule.split())
    if caller.kind == MACHINE and (READ in let or WRITE in let):
        return ALL
    if caller.kind == PERSON:
        if ADMIN in let and caller.in_admins:
            return ALL
        if SELF in let:
            return OWN
    from users.errors import AccessDenied  # most are let

    raise AccessDenied


def guarded(action: Action, rule: str) -> Action:
    """The action of a handler of users. A path without a user id is that of the caller's own record (/users/me)."""

    def run(request: Request, users: Any, **others: Any) -> Response:
        caller = identified(request)
        reached = reach(caller, rule)
        users.by(caller.name)
        if SELF in rule and "userId" not in request.path:
            request.path["userId"] = people(request.deadline).own_record(caller)
            reached = OWN  # an administrator signs in with an email too
        else:
            check_standing(request, caller, reached)
        if reached is not OWN:
            return action(request, users, **others)
        users.only_of(caller.subject, caller.signed_in_at)
        return on_own(lambda: action(request, users, **others), request, caller)

    return run


def permitted(action: Action, rule: str) -> Action:
    """The action of a handler of another capability, under a rule, if sign-in is on.

    Without the setting nothing runs: a function that was deployed without it must not be open. A path without a user id
    gets that of the caller's own record, if the caller reaches no other.
    """

    def run(request: Request, **others: Any) -> Response:
        if setting("SIGN_IN") == "true":
            check_permitted(request, rule)
        return action(request, **others)

    return run


def check_permitted(request: Request, rule: str) -> None:
    """Raises AccessDenied, UserDisabled, or UserNotFound for a record that is not the caller's own."""
    caller = identified(request)
    reached = reach(caller, rule)
    check_standing(request, caller, reached)
    if reached is OWN:
        own = people(request.deadline).own_record(caller)
        if request.path.setdefault("userId", own) != own:
            from users.reading import not_found

            raise not_found()


def identified(request: Request) -> Caller:
    """The caller, whose name the request has from now on."""
    caller = caller_in(request._event.get("requestContext") or {})
    request.caller = caller.name
    return caller


def check_standing(request: Request, caller: Caller, reached: str) -> None:
    """Before an administrator acts: the token may be older than a decision about them.

    Raises UserDisabled, SignedOut, AccessDenied.
    """
    if reached is ALL and caller.kind == PERSON:
        people(request.deadline).require_active(caller)


def on_own(action: Callable[[], Response], request: Request, caller: Caller) -> Response:
    """The response of an action on own records. A disabled person sees none, so a 404 may mean that."""
    from utils.errors import AppError

    try:
        return action()
    except AppError as error:
        if error.status == 404:
            people(request.deadline).check_not_disabled(caller)
        raise


def people(deadline: Deadline) -> People:
    """The people behind records."""
    from users.people import People
    from users.reading import available

    return People(available(wiring._call(deadline)), setting("USER_KEYS_TABLE"))


class Reader(UserReader):
    """The users of one caller, to be read."""

    def by(self, _caller: str) -> None:
        """A read names no caller."""

    def only_of(self, subject: str, signed_in_at: int = 0) -> None:
        """Restrict this reader to the record of one person, who signed in at this time."""
        from users.ownership import own_records

        self._call = own_records(self._call, self._users, subject, signed_in_at)


def reader(deadline: Deadline) -> Reader:
    """The users to be read, reachable until the deadline."""
    return Reader(wiring._call(deadline), setting("USERS_TABLE"))


def users(deadline: Deadline) -> SignedInUsers:
    """The users to be read and written, reachable until the deadline."""
    from users.signed_in import SignedInUsers

    return repository(SignedInUsers, deadline)


def repository(kind: type[Repository], deadline: Deadline) -> Repository:
    """A repository of people and of those who administer them, reachable until the deadline."""
    return kind(
        wiring._call(deadline),
        setting("USERS_TABLE"),
        setting("USER_KEYS_TABLE"),
        clock=time.time,
        new_id=wiring.new_uuid,
        new_token=wiring.new_token,
        pause=wiring.pause,
    )
