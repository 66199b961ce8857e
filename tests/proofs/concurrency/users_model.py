"""The users API as one client at a time would see it: the sequential model that histories are held against.

Each user is a register with a version, which its ETag shows; each email is a lock that one user holds; each
idempotency key keeps one answer. The state is immutable: users and records as frozen sets of pairs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tests.proofs.concurrency.linearizability import Operation

Members = tuple[tuple[str, Any], ...]
UNSEEN = "unseen:"  # the id of a user whose creation nobody was told of


@dataclass(frozen=True)
class Asked:
    """One request. `match` is the version that If-Match names: 0 for none, -1 for any."""

    kind: str
    user_id: str = ""
    members: Members = ()
    match: int = 0
    key: str = ""
    number: int = 0


@dataclass(frozen=True)
class Answered:
    """One answer: its code ('' for a success), the version its ETag names, and the user in it."""

    status: int
    code: str = ""
    version: int = 0
    user: Members = ()
    replayed: bool = False


@dataclass(frozen=True)
class User:
    """A user as stored. `updated` is '' where no answer has told it yet."""

    user_id: str
    version: int
    name: str
    email: str
    age: int | None = None
    updated: str = ""

    @property
    def lock(self) -> str:
        """What only one user can hold."""
        return self.email.lower()


@dataclass(frozen=True)
class State:
    """All users, and by idempotency key the user first created with it."""

    users: frozenset[User] = field(default_factory=frozenset)
    records: frozenset[tuple[str, User]] = field(default_factory=frozenset)

    def user(self, user_id: str) -> User | None:
        """The user of an id."""
        return next((user for user in self.users if user.user_id == user_id), None)

    def holder(self, email: str) -> User | None:
        """The user that has an email."""
        return next((user for user in self.users if user.lock == email.lower()), None)

    def record(self, key: str) -> User | None:
        """The user whose creation a key stands for."""
        return next((user for kept, user in self.records if kept == key), None)

    def put(self, old: User | None, new: User | None) -> State:
        """With one user replaced, added or removed."""
        return replace(self, users=(self.users - {old}) | ({new} if new else frozenset()))


def users_api(state: State, operation: Operation) -> Iterator[State]:
    """The states that an operation can lead to, given its answer."""
    asked: Asked = operation.asked
    if operation.unknown:
        yield from {following for following in _effects(state, asked) if following}
        return
    yield from HANDLERS[asked.kind](state, asked, operation.answered)


def _effects(state: State, asked: Asked) -> Iterator[State | None]:
    """What a request whose answer nobody saw may have done, besides nothing."""
    if asked.kind == "create":
        if not (asked.key and state.record(asked.key)) and not state.holder(dict(asked.members)["email"]):
            yield _with_new(state, asked, User(f"{UNSEEN}{asked.number}", 1, **dict(asked.members)))
        return
    user = state.user(asked.user_id)
    if asked.kind == "get" or not user or not _holds(asked, user):
        return
    if asked.kind == "delete":
        yield state.put(user, None)
    elif _free(state, asked, user):
        yield state.put(user, _changed(user, asked, ""))


def _create(state: State, asked: Asked, answered: Answered) -> Iterator[State]:
    members = dict(asked.members)
    first = state.record(asked.key) if asked.key else None
    if first:
        yield from _again(state, asked, answered, first)
    elif state.holder(members["email"]):
        if answered.code == "email_in_use":
            yield state
    elif answered.status == 201 and not answered.replayed:
        user = _read(answered)
        if user.version == 1 and _same(user, members) and not state.user(user.user_id):
            yield _with_new(state, asked, user)


def _again(state: State, asked: Asked, answered: Answered, first: User) -> Iterator[State]:
    """The answer to a request whose idempotency key was used before."""
    if not _same(first, dict(asked.members)):
        if answered.code == "idempotency_key_reused":
            yield state
    elif answered.status == 201 and answered.replayed:
        told = _read(answered)
        if first.user_id.startswith(UNSEEN):  # now it is known who was created
            yield _renamed(state, first, told)
        elif first == told:
            yield state


def _renamed(state: State, first: User, told: User) -> State:
    """With the id and the times that the first answer would have told."""
    now = state.user(first.user_id)
    users = state.users
    if now:
        updated = told.updated if now.version == 1 else now.updated
        users = (users - {now}) | {replace(now, user_id=told.user_id, updated=updated)}
    records = frozenset((key, told if user == first else user) for key, user in state.records)
    return State(users, records)


def _get(state: State, asked: Asked, answered: Answered) -> Iterator[State]:
    user = state.user(asked.user_id)
    if not user:
        if answered.code == "user_not_found":
            yield state
    elif answered.status == 200:
        yield from _learnt(state, user, _read(answered))


def _learnt(state: State, user: User, told: User) -> Iterator[State]:
    if told == user:
        yield state
    elif not user.updated and replace(told, updated="") == user:
        yield state.put(user, told)


def _update(state: State, asked: Asked, answered: Answered) -> Iterator[State]:
    user = state.user(asked.user_id)
    refusal = _refusal(state, asked, user)
    if refusal or not user:
        if answered.code == refusal and (refusal != "precondition_failed" or answered.version == user.version):  # type: ignore[union-attr]
            yield state
    elif answered.status == 200:
        told = _read(answered)
        if told == _changed(user, asked, told.updated):
            yield state.put(user, told)


def _delete(state: State, asked: Asked, answered: Answered) -> Iterator[State]:
    user = state.user(asked.user_id)
    refusal = _refusal(state, replace(asked, members=()), user)
    if refusal or not user:
        if answered.code == refusal and (refusal != "precondition_failed" or answered.version == user.version):  # type: ignore[union-attr]
            yield state
    elif answered.status == 200:
        yield state.put(user, None)


HANDLERS = {"create": _create, "get": _get, "update": _update, "delete": _delete}


def _refusal(state: State, asked: Asked, user: User | None) -> str:
    if not user:
        return "user_not_found"
    if not _holds(asked, user):
        return "precondition_failed"
    return "" if _free(state, asked, user) else "email_in_use"


def _holds(asked: Asked, user: User) -> bool:
    return asked.match in (0, -1, user.version)


def _free(state: State, asked: Asked, user: User) -> bool:
    email = dict(asked.members).get("email")
    return email is None or state.holder(email) in (None, user)


def _with_new(state: State, asked: Asked, user: User) -> State:
    records = state.records | ({(asked.key, user)} if asked.key else frozenset())
    return State(state.users | {user}, records)


def _changed(user: User, asked: Asked, updated: str) -> User:
    return replace(user, **dict(asked.members), version=user.version + 1, updated=updated)


def _same(user: User, members: dict[str, Any]) -> bool:
    return (user.name, user.email) == (members["name"], members["email"])


def _read(answered: Answered) -> User:
    told = dict(answered.user)
    return User(told["userId"], answered.version, told["name"], told["email"], told.get("age"), told["updatedAt"])
