"""The administration of users: what only administrators see of a record, and what only they decide.

A decision is written into the record and into the item of its person, in one transaction. Therefore it counts for the
person's next request, whatever the token says. The user pool follows through the stream.
"""

from __future__ import annotations

from users.expressions import Expression
from users.items import keep_answer
from users.model import Changes
from users.ownership import SIGNED_OUT_AT, STATUS, SUBJECT
from users.people import DISABLED, ROLES, People
from users.reading import check_id
from users.repository import no_earlier
from users.signed_in import SignedInUsers
from users.standing import LAST_SIGNED_IN_AT, decide
from users.transaction import TRIES, transact
from users.user import changed_user
from utils.caller import ADMINS
from utils.errors import AppError, PreconditionFailed, ServiceUnavailable
from utils.response import ok
from utils.timestamps import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from users.items import Action
    from users.user import Item, User
    from utils.idempotency import IdempotencyKey
    from utils.preconditions import Precondition
    from utils.response import Response

ACTIVE = "active"
# DynamoDB counts the items of a table about as often.
COUNTED_EVERY_SECONDS = 6 * 60 * 60


class OwnAdministration(AppError):
    """Administrators cannot shut themselves out: another administrator has to do it."""

    status = 403
    code = "own_administration"
    title = "Own administration"
    detail = "You cannot disable or erase yourself, or give up your own role. Ask another administrator."


class Decision:
    """A decision of an administrator: internal attributes of a record to set, and others to remove.

    `shuts_out`: whoever it is about may do less afterwards.
    """

    __slots__ = ("removed", "set", "shuts_out")

    def __init__(self, set_: dict[str, str | int], removed: tuple[str, ...] = (), shuts_out: bool = False) -> None:
        self.set = set_
        self.removed = removed
        self.shuts_out = shuts_out

    def changes(self, item: Item) -> bool:
        """Whether a record is not so already."""
        texts = {name: next(iter(item[name].values())) for name in (*self.set, *self.removed) if name in item}
        return texts != {name: str(value) for name, value in self.set.items()}


class Administration(SignedInUsers):
    """The repository of an administrator."""

    _read: Item  # the record as it was read last

    def managed(self, user_id: str) -> Response:
        """200 with a user as administrators see it. Raises UserNotFound."""
        user = self.get(user_id)
        return self._answer(user, self._read)

    def disable(self, user_id: str, precondition: Precondition, key: IdempotencyKey | None) -> Response:
        """Shut a person out. Raises UserNotFound, PreconditionFailed, OwnAdministration; so do the others here."""
        return self._decide(user_id, Decision({STATUS: DISABLED}, shuts_out=True), precondition, key)

    def enable(self, user_id: str, precondition: Precondition, key: IdempotencyKey | None) -> Response:
        """Let a person in again."""
        return self._decide(user_id, Decision({}, (STATUS,)), precondition, key)

    def set_roles(
        self, user_id: str, roles: list[str], precondition: Precondition, key: IdempotencyKey | None
    ) -> Response:
        """Give a person these roles and no others. From then on, the record decides about them, not the user pool."""
        decision = Decision({ROLES: " ".join(sorted(set(roles)))}, shuts_out=ADMINS not in roles)
        return self._decide(user_id, decision, precondition, key)

    def sign_out(self, user_id: str, precondition: Precondition, key: IdempotencyKey | None) -> Response:
        """End all sessions of a person, who can sign in again."""
        return self._decide(user_id, Decision({SIGNED_OUT_AT: int(self._clock())}), precondition, key)

    def statistics(self) -> dict[str, Any]:
        """The number of users, as DynamoDB last counted them: a count at once would read the whole table."""
        table = self._call("DescribeTable", {"TableName": self._users})["Table"]
        return {"approximateUserCount": int(table["ItemCount"]), "countedEverySeconds": COUNTED_EVERY_SECONDS}

    def _decide(
        self, user_id: str, decision: Decision, precondition: Precondition, key: IdempotencyKey | None
    ) -> Response:
        """Write a decision once. The response is kept under the key in the same transaction."""
        check_id(user_id)
        kept = self._kept(key) if key else None
        if kept:
            return kept
        for attempt in range(TRIES):
            user = self._writable(user_id, precondition)
            self._check_other(decision)
            if not decision.changes(self._read):
                return self._unchanged(user, precondition, key)
            response = self._written(user, decision, precondition, key)
            if response:
                return response
            self._pause(attempt)  # the user changed since it was read
        raise ServiceUnavailable

    def _check_other(self, decision: Decision) -> None:
        if decision.shuts_out and self._subject and self.caller == f"sub:{self._subject}":
            raise OwnAdministration

    def _written(
        self, user: User, decision: Decision, precondition: Precondition, key: IdempotencyKey | None
    ) -> Response | None:
        """The response after the write; None if the user changed since it was read."""
        user_id, now = user["userId"], no_earlier(rfc3339(self._clock()), user)
        changes = Changes({})
        changes.set, changes.removed = dict(decision.set), list(decision.removed)
        guard = self._guard(Changes({}), precondition, user.version)
        response = self._answer(changed_user(user, Changes({}), now), after(self._read, decision))
        actions: dict[str, Action] = {
            "user": {"Update": self._changes(guard, user_id, changes, now, self._new_token())},
        }
        if self._subject:
            actions["person"] = decide(self._keys, self._subject, user_id, decision.set, changes.removed)
            actions |= self._shutting_out() if decision.shuts_out else {}
        if key:
            actions["record"] = keep_answer(self._keys, user_id, key, response, int(self._clock()))
        refused = self._transact(actions)
        if not refused:
            return response
        from users import refusals

        if key and "record" in refused:
            return refusals.kept_answer(refused["record"], key)
        if "user" not in refused:
            raise refusals.BrokenClaim
        refusals.check_current(refused["user"].get("Item"), precondition)
        return None

    def _unchanged(self, user: User, precondition: Precondition, key: IdempotencyKey | None) -> Response:
        """The response where all is as it should be. With a key it is kept too: a repetition must decide nothing."""
        if not precondition.holds(user.version):
            raise PreconditionFailed(user.etag)
        response = self._answer(user, self._read)
        if key:
            record = keep_answer(self._keys, user["userId"], key, response, int(self._clock()))
            refused = transact(self._call, {"record": record}, self._new_token(), self._pause)
            if refused:
                from users.refusals import kept_answer

                return kept_answer(refused["record"], key)
        return response

    def _kept(self, key: IdempotencyKey) -> Response | None:
        """The response to an earlier request with this key, also where the user has gone since."""
        name = {"key": {"S": f"request#{key.caller}#{key.value}"}}
        found = self._call("GetItem", {"TableName": self._keys, "Key": name, "ConsistentRead": True}).get("Item")
        if not found or int(found["expiresAt"]["N"]) <= int(self._clock()):
            return None
        from users.refusals import kept_answer

        return kept_answer({"Item": found}, key)

    def _item(self, user_id: str) -> Item | None:
        item = super()._item(user_id)
        self._read = item or {}
        return item

    def _answer(self, user: User, item: Item) -> Response:
        person = People(self._call, self._keys).item(self._subject) if self._subject else {}
        return ok({**user, **hidden(item), **_last_signed_in(person)}, etag=user.etag)


def after(item: Item, decision: Decision) -> Item:
    """A record after a decision."""
    made = Expression()
    typed = {name: made.values[made.value(value)] for name, value in decision.set.items()}
    return {**{name: value for name, value in item.items() if name not in decision.removed}, **typed}


def hidden(item: Item) -> dict[str, Any]:
    """The part of a record that only administrators see. It has roles once an administrator has set them."""
    shown: dict[str, Any] = {"status": item.get(STATUS, {}).get("S", ACTIVE)}
    if ROLES in item:
        shown["roles"] = item[ROLES]["S"].split()
    if SUBJECT in item:
        shown["subject"] = item[SUBJECT]["S"]
    if SIGNED_OUT_AT in item:
        shown["signedOutAt"] = rfc3339(int(item[SIGNED_OUT_AT]["N"]))
    return shown


def _last_signed_in(person: Item) -> dict[str, Any]:
    return {"lastSignedInAt": person[LAST_SIGNED_IN_AT]["S"]} if LAST_SIGNED_IN_AT in person else {}
