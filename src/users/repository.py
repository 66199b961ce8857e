"""Users in DynamoDB: every key, condition and transaction.

`Users` holds the users. `UserKeys` holds claims: `email#<canonical address>` names the one owner of an address, and
`request#<caller>#<idempotency key>` keeps the answer that a request was given. A user and its claims change in one
transaction, so no crash, race or retry can part them.

The database decides every race. A read happens only to learn the email that a user has, and then the write is
conditioned on the version that was read. Every write carries a token of its own: a transaction as its client request
token, a single update in `lastWrite`, so that a write repeated after a lost answer is known for what it is.
"""

from __future__ import annotations

from dynamodb.errors import ConditionalCheckFailed, Throttled, TransactionCanceled, Unavailable
from dynamodb.values import from_item, to_item
from users.expressions import Expression
from users.model import Changes, User, changed_user, is_user_id, new_user
from utils.email_address import canonical
from utils.errors import (
    EmailInUse,
    IdempotencyKeyReused,
    PreconditionFailed,
    RequestInProgress,
    ServiceUnavailable,
    UserNotFound,
)
from utils.idempotency import KEPT_SECONDS, replayed, to_text
from utils.timestamps import rfc3339
from utils.validation import invalid_member, read_only

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from utils.idempotency import IdempotencyKey
    from utils.preconditions import Precondition
    from utils.response import Response

    Call = Callable[[str, dict[str, Any]], dict[str, Any]]
    Item = Mapping[str, Any]
    Action = dict[str, dict[str, Any]]

# How often a write that met another one is tried again, with a pause that grows, before the client is told to.
TRIES = 8

# Cancellation reasons that say nothing about the request: another transaction was there, or too much was asked.
CONTENDED = frozenset(["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])


class UserRepository:
    """The users of one pair of tables.

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
        self._database = call
        self._users = users_table
        self._keys = keys_table
        self._clock = clock
        self._new_id = new_id
        self._new_token = new_token
        self._pause = pause

    def create(
        self, members: Mapping[str, Any], answer: Callable[[User], Response], key: IdempotencyKey | None = None
    ) -> Response:
        """Create a user and return `answer(user)`, or the answer that `key` was given before.

        Raises EmailInUse, IdempotencyKeyReused, RequestInProgress.
        """
        for attempt in range(TRIES):
            user = new_user(members, self._new_id(), rfc3339(self._clock()))
            response = answer(user)
            refused = self._transact(self._creation(user, key, response))
            if not refused or _owner(refused.get("claim")) == user["userId"]:
                return response
            if key and "record" in refused:
                return _kept_answer(refused["record"], key)
            if "claim" in refused:
                raise EmailInUse
            self._pause(attempt)  # the id was taken: another one
        raise ServiceUnavailable

    def get(self, user_id: str) -> User:
        """The user as it is now. Raises UserNotFound."""
        return _user(self._read(user_id))

    def list(self, limit: int, after: str | None = None) -> tuple[list[User], str | None]:
        """Up to `limit` users in the table's own order, and the id to continue after while there are more.

        One more item than asked for is read, so that "more" is a fact and not a guess.
        """
        request: dict[str, Any] = {"TableName": self._users, "Limit": limit + 1, "ConsistentRead": True}
        if after:
            request["ExclusiveStartKey"] = to_item({"userId": after})
        page = self._call("Scan", request)
        users = [_user(item) for item in page["Items"]]
        if len(users) > limit:
            users = users[:limit]
            return users, users[-1]["userId"]
        more = page.get("LastEvaluatedKey")
        return users, more["userId"]["S"] if more else None

    def update(self, user_id: str, changes: Changes, precondition: Precondition) -> User:
        """Change the members in `changes` and return the whole user.

        Raises UserNotFound, PreconditionFailed, EmailInUse, and InvalidUser for a read-only member that differs.
        """
        _check_id(user_id)
        if changes.expected.get("userId", user_id) != user_id:
            raise invalid_member("userId", read_only("userId"))
        if "email" not in changes.set:
            return self._update_item(user_id, changes, precondition)
        for attempt in range(TRIES):
            user = self.get(user_id)
            changed = self._update_email(user, changes, precondition)
            if changed:
                return changed
            self._pause(attempt)
        raise ServiceUnavailable

    def delete(self, user_id: str, precondition: Precondition) -> None:
        """Remove the user and free its email. Raises UserNotFound, PreconditionFailed."""
        for attempt in range(TRIES):
            user = self.get(user_id)
            guard = Expression().require_exists("userId").require("version", "=", user.version)
            gone = guard.require_version(precondition).condition(TableName=self._users, Key=_user_key(user_id))
            refused = self._transact({"user": {"Delete": gone}, "claim": self._release(user)})
            if not refused:
                return
            _check_current(refused["user"].get("Item"), precondition)
            self._pause(attempt)  # the user changed since it was read
        raise ServiceUnavailable

    def _update_item(
        self, user_id: str, changes: Changes, precondition: Precondition, version: int | None = None
    ) -> User:
        """Change a user whose claim stays. `version`, if given, must be the one it has; PreconditionFailed if not."""
        token = self._new_token()
        guard = self._guard(changes, precondition, version).require("lastWrite", "<>", token)
        update = self._changes(guard, user_id, changes, rfc3339(self._clock()), token)
        try:
            return _user(self._call("UpdateItem", {**update, "ReturnValues": "ALL_NEW"})["Attributes"])
        except ConditionalCheckFailed as error:
            if error.item and error.item["lastWrite"]["S"] == token:
                return _user(error.item)  # made by an earlier attempt whose answer was lost
            if error.uncertain:
                raise ServiceUnavailable from error  # made and overtaken, or not made: nobody can tell
            raise _refusal(error.item, precondition, changes) from None

    def _update_email(self, user: User, changes: Changes, precondition: Precondition) -> User | None:
        """Change a user whose email is among the changes; None if the user changed since it was read."""
        user_id = user["userId"]
        if canonical(user["email"]) == canonical(changes.set["email"]):
            return self._update_same_claim(user, changes, precondition)
        now = rfc3339(self._clock())
        guard = self._guard(changes, precondition, user.version)
        actions = {
            "user": {"Update": self._changes(guard, user_id, changes, now, self._new_token())},
            "claim": self._claim(user_id, changes.set["email"]),
            "released": self._release(user),
        }
        refused = self._transact(actions)
        if not refused:
            return changed_user(user, changes, now)
        if "user" in refused:
            _check_current(refused["user"].get("Item"), precondition, changes)
            return None
        raise EmailInUse

    def _update_same_claim(self, user: User, changes: Changes, precondition: Precondition) -> User | None:
        try:
            return self._update_item(user["userId"], changes, precondition, user.version)
        except _Moved:
            return None

    def _guard(self, changes: Changes, precondition: Precondition, version: int | None) -> Expression:
        guard = Expression().require_exists("userId").require_version(precondition)
        if version is not None:
            guard.require("version", "=", version)
        for name, value in changes.expected.items():
            guard.require(name, "=", value)
        return guard

    def _changes(self, guard: Expression, user_id: str, changes: Changes, now: str, token: str) -> dict[str, Any]:
        text = guard.update({**changes.set, "updatedAt": now, "lastWrite": token}, changes.removed)
        return guard.condition(TableName=self._users, Key=_user_key(user_id), UpdateExpression=text)

    def _creation(self, user: User, key: IdempotencyKey | None, response: Response) -> dict[str, Action]:
        item = to_item({**user, "version": user.version, "lastWrite": self._new_token()})
        actions: dict[str, Action] = {
            "user": {"Put": Expression().require_absent("userId").condition(TableName=self._users, Item=item)},
            "claim": self._claim(user["userId"], user["email"]),
        }
        if key:
            actions["record"] = self._record(user, key, response)
        return actions

    def _claim(self, user_id: str, email: str) -> Action:
        item = to_item({"key": _email_key(email), "userId": user_id})
        return {"Put": Expression().require_absent("key").condition(TableName=self._keys, Item=item)}

    def _release(self, user: User) -> Action:
        guard = Expression().require_absent("key", ("userId", "=", user["userId"]))
        key = to_item({"key": _email_key(user["email"])})
        return {"Delete": guard.condition(TableName=self._keys, Key=key)}

    def _record(self, user: User, key: IdempotencyKey, response: Response) -> Action:
        now = int(self._clock())
        kept = {
            "key": f"request#{key.caller}#{key.value}",
            "userId": user["userId"],
            "fingerprint": key.fingerprint,
            "answer": to_text(response),
            "expiresAt": now + KEPT_SECONDS,
        }
        free = Expression().require_absent("key", ("expiresAt", "<=", now))
        return {"Put": free.condition(TableName=self._keys, Item=to_item(kept))}

    def _read(self, user_id: str) -> Item:
        _check_id(user_id)
        request = {"TableName": self._users, "Key": _user_key(user_id), "ConsistentRead": True}
        item: Item | None = self._call("GetItem", request).get("Item")
        if not item:
            raise UserNotFound
        return item

    def _transact(self, actions: Mapping[str, Action]) -> dict[str, dict[str, Any]]:
        """Make all the actions or none; by name, the cancellation reasons of those whose condition did not hold.

        A refusal counts only when nothing was in the way of another action: of a transaction that is being made beside
        ours, one item may be seen already and the next not yet. What was in the way is tried again, then
        RequestInProgress or ServiceUnavailable.
        """
        request = {"TransactItems": list(actions.values()), "ClientRequestToken": self._new_token()}
        for attempt in range(TRIES):
            try:
                self._call("TransactWriteItems", request)
            except TransactionCanceled as error:
                reasons = dict(zip(actions, error.reasons, strict=True))
                refused = {name: why for name, why in reasons.items() if why["Code"] == "ConditionalCheckFailed"}
                if not any(why["Code"] in CONTENDED for why in reasons.values()):
                    if refused:
                        return refused
                    raise
                self._pause(attempt)
            else:
                return {}
        raise (
            RequestInProgress if reasons.get("record", {}).get("Code") == "TransactionConflict" else ServiceUnavailable
        )

    def _call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._database(operation, request)
        except (Throttled, Unavailable) as error:
            raise ServiceUnavailable from error


class _Moved(PreconditionFailed):
    """The user changed since it was read, though not against what the request asks."""


def _refusal(item: Item | None, precondition: Precondition, changes: Changes) -> Exception:
    """Why a condition on a user did not hold, told from the item that failed it."""
    if not item:
        return UserNotFound()
    user = _user(item)
    if not precondition.holds(user.version):
        return PreconditionFailed(user.etag)
    for name, value in changes.expected.items():
        if user[name] != value:
            return invalid_member(name, read_only(name))
    return _Moved(user.etag)


def _check_current(item: Item | None, precondition: Precondition, changes: Changes | None = None) -> None:
    """Raise what a refused transaction means, unless it is only that the user changed since it was read."""
    refusal = _refusal(item, precondition, changes or Changes({}))
    if not isinstance(refusal, _Moved):
        raise refusal


def _kept_answer(reason: Item, key: IdempotencyKey) -> Response:
    record = from_item(reason["Item"])
    if record["fingerprint"] != key.fingerprint:
        raise IdempotencyKeyReused
    return replayed(str(record["answer"]))


def _owner(reason: Item | None) -> str | None:
    return reason["Item"]["userId"]["S"] if reason and reason.get("Item") else None


def _check_id(user_id: str) -> None:
    """A path that is no user's id names no user; the database need not be asked."""
    if not is_user_id(user_id):
        raise UserNotFound


def _user_key(user_id: str) -> dict[str, Any]:
    return to_item({"userId": user_id})


def _email_key(email: str) -> str:
    return f"email#{canonical(email)}"


def _user(item: Item) -> User:
    members = from_item(item)
    return User(members, int(members["version"]))
