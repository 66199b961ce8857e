"""Users in DynamoDB. A user and its claims change in one transaction, so no crash, race or retry can part them.

The database decides every race. A write reads first only to learn the current email of a user, or the result of a
write whose response was lost. The write then has the version that was read as its condition. Every write has its own
token: a transaction as its client request token, a single update in `lastWrite`. A write is recognized by its token.
"""

from __future__ import annotations

from users.email_address import LONGEST, canonical
from users.expressions import Expression
from users.items import claim_email, keep_answer, put_user, release_email
from users.reading import UserReader, check_id, not_found, user_from
from users.transaction import TRIES, transact
from users.user import NOT_OURS, changed_user, new_user, user_key, whole_user
from utils.errors import ServiceUnavailable
from utils.timestamps import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from users.items import Action
    from users.model import Changes
    from users.reading import Call
    from users.single_write import SingleWrite
    from users.transaction import Refused
    from users.user import Item, User
    from utils.idempotency import IdempotencyKey
    from utils.preconditions import Precondition
    from utils.response import Response


class UserRepository(UserReader):
    """The users of one pair of tables, to be read and written.

    `call(operation, request)` is the DynamoDB API; `clock()` gives seconds since the epoch, `new_id()` a fresh user id,
    `new_token()` at most 36 characters that no other write has, and `pause(attempt)` waits before another try.
    """

    def __init__(
        self,
        call: Call,
        users_table: str,
        keys_table: str,
        *,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        new_token: Callable[[], str],
        pause: Callable[[int], None],
    ) -> None:
        super().__init__(call, users_table)
        self._keys = keys_table
        self._clock = clock
        self._new_id = new_id
        self._new_token = new_token
        self._pause = pause

    def create(
        self, members: Mapping[str, Any], answer: Callable[[User], Response], key: IdempotencyKey | None = None
    ) -> Response:
        """Create a user and return `answer(user)`, or the response that `key` got before.

        The transaction that creates the user stores the response, so it is made before, and again with each id tried.
        Raises EmailInUse, IdempotencyKeyReused, RequestInProgress.
        """
        for attempt in range(TRIES):
            user = new_user(members, self._new_id(), rfc3339(self._clock()))
            response = answer(user)
            refused = self._transact(self._creation(user, key, response))
            if not refused:
                return response
            from users import refusals  # only a failure needs it
            from users.errors import EmailInUse

            if refusals.owner(refused.get("claim")) == user["userId"]:
                return response
            if key and "record" in refused:
                return refusals.kept_answer(refused["record"], key)
            if "claim" in refused:
                raise EmailInUse
            self._pause(attempt)  # the id was taken: another one
        raise ServiceUnavailable

    def update(self, user_id: str, changes: Changes, precondition: Precondition) -> User:
        """Change the fields in `changes` and return the whole user.

        Raises UserNotFound, PreconditionFailed, EmailInUse, and InvalidUser for a read-only field that differs.
        """
        check_id(user_id)
        if "email" not in changes.set:
            return self._update_item(user_id, changes, precondition)
        for attempt in range(TRIES):
            user = self._writable(user_id, precondition, changes)
            changed = self._update_email(user, changes, precondition)
            if changed:
                return changed
            self._pause(attempt)
        raise ServiceUnavailable

    def delete(self, user_id: str, precondition: Precondition) -> None:
        """Remove the user and free its email. Raises UserNotFound, PreconditionFailed."""
        check_id(user_id)
        for attempt in range(TRIES):
            user = self._writable(user_id, precondition)
            guard = Expression().require_exists("userId").require("version", "=", user.version)
            gone = guard.require_version(precondition).condition(TableName=self._users, Key=user_key(user_id))
            refused = self._transact({"user": {"Delete": gone}, **self._release(user)})
            if not refused:
                return
            from users.refusals import BrokenClaim, check_current

            if "user" not in refused:
                raise BrokenClaim
            check_current(refused["user"].get("Item"), precondition)
            self._pause(attempt)  # the user changed since it was read
        raise ServiceUnavailable

    def _update_item(
        self, user_id: str, changes: Changes, precondition: Precondition, user: User | None = None
    ) -> User:
        """Change a user whose claim stays. `user`, if given, must be as it was read, else it has Moved."""
        from users.single_write import SingleWrite  # a creation does without it

        def refusal(item: Item | None) -> Exception:
            from users import refusals

            reason = refusals.refusal(item, precondition, changes)
            if item and isinstance(reason, refusals.Moved):
                write.user = self._mended(item)
            return reason

        write = SingleWrite(self._new_token(), self._clock(), precondition, user.version if user else None)
        write.user = user
        return write.made_once(
            send=lambda: self._update_once(user_id, changes, precondition, write),
            read=lambda: self._item(user_id),
            refusal=refusal,
            pause=self._pause,
        )

    def _update_once(self, user_id: str, changes: Changes, precondition: Precondition, write: SingleWrite) -> User:
        now = no_earlier(rfc3339(self._clock()), write.user)
        guard = self._guard(changes, precondition, write.version).require("lastWrite", "<>", write.token)
        if write.version is None:
            guard.require_user(now)
        update = self._changes(guard, user_id, changes, now, write.token)
        return user_from(self._call("UpdateItem", {**update, "ReturnValues": "ALL_NEW"})["Attributes"])

    def _update_email(self, user: User, changes: Changes, precondition: Precondition) -> User | None:
        """Change a user whose email is among the changes; None if the user changed since it was read."""
        user_id = user["userId"]
        if "email" in user and canonical(user["email"]) == canonical(changes.set["email"]):
            return self._update_same_claim(user, changes, precondition)
        now = no_earlier(rfc3339(self._clock()), user)
        guard = self._guard(changes, precondition, user.version)
        actions = {
            "user": {"Update": self._changes(guard, user_id, changes, now, self._new_token())},
            "claim": claim_email(self._keys, user_id, changes.set["email"]),
            **self._release(user),
        }
        refused = self._transact(actions)
        if not refused:
            return changed_user(user, changes, now)
        from users.errors import EmailInUse
        from users.refusals import BrokenClaim, check_current

        if "user" in refused:
            check_current(refused["user"].get("Item"), precondition, changes)
            return None
        raise EmailInUse if "claim" in refused else BrokenClaim

    def _update_same_claim(self, user: User, changes: Changes, precondition: Precondition) -> User | None:
        from users.refusals import Moved

        try:
            return self._update_item(user["userId"], changes, precondition, user)
        except Moved:
            return None

    def _writable(self, user_id: str, precondition: Precondition, changes: Changes | None = None) -> User:
        """The user as it is now, to be written on the version it has. Raises UserNotFound."""
        item = self._item(user_id)
        if not item:
            raise not_found()
        try:
            return whole_user(item)
        except NOT_OURS:
            from users.refusals import check_current

            check_current(item, precondition, changes)
            return self._mended(item)

    def _mended(self, item: Item) -> User:
        from users.foreign import mended

        return mended(self._call, self._users, item, rfc3339(self._clock()))

    def _release(self, user: User) -> dict[str, Action]:
        """The actions that free the email of a user. A user of another tool may have none, or one too long to claim."""
        claimed = 0 < len(user.get("email", "")) <= LONGEST
        return {"released": release_email(self._keys, user)} if claimed else {}

    def _guard(self, changes: Changes, precondition: Precondition, version: int | None) -> Expression:
        guard = Expression().require_exists("userId").require_version(precondition)
        if version is not None:
            guard.require("version", "=", version)
        for name, value in changes.expected.items():
            guard.require(name, "=", value)
        return guard

    def _changes(self, guard: Expression, user_id: str, changes: Changes, now: str, token: str) -> dict[str, Any]:
        text = guard.update({**changes.set, "updatedAt": now, "lastWrite": token}, changes.removed)
        return guard.condition(TableName=self._users, Key=user_key(user_id), UpdateExpression=text)

    def _creation(self, user: User, key: IdempotencyKey | None, response: Response) -> dict[str, Action]:
        user_id = user["userId"]
        actions = {
            "user": put_user(self._users, user, self._new_token()),
            "claim": claim_email(self._keys, user_id, user["email"]),
        }
        if key:
            actions["record"] = keep_answer(self._keys, user_id, key, response, int(self._clock()))
        return actions

    def _transact(self, actions: Mapping[str, Action]) -> Refused:
        return transact(self._call, actions, self._new_token(), self._pause)


def no_earlier(now: str, user: User | None) -> str:
    """`now`, or the latest time of the user that is read where the clock is behind it."""
    if not user or now >= user["updatedAt"] >= user["createdAt"]:
        return now
    from users.foreign import latest_time  # the clock stepped back, or another tool wrote the times

    return latest_time(now, user)
