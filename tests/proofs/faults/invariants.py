"""What must hold of the two tables, the answers and the logs, whatever went wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.support.problems import assert_error

MEMBERS = {"userId", "name", "email", "age", "createdAt", "updatedAt"}
INNER = {"userId", "name", "email", "createdAt", "updatedAt", "version", "lastWrite"}
# Words that only the inside knows. Bodies of refusals hold none of them.
SECRET_WORDS = (
    "dynamodb", "exception", "traceback", "arn:", "boto", "transact", "conditional", "userkeys", "email#", "request#",
    "lastwrite", "127.0.0.1", "secret", "throttl", "src/", ".py",
)  # fmt: skip
# What these problems say, whatever was behind them.
SENTENCES = {
    "unavailable": "The database did not respond in time. Try again.",
    "user_not_found": "There is no user with this id.",
    "email_in_use": "Another user has this email.",
    "precondition_failed": "The current version does not match the precondition of the request.",
    "request_in_progress": "A request with this Idempotency-Key is still in progress.",
}
# What the flows' users are called, so that a log that names one of them is seen.
PERSONAL = "personal"

Item = dict[str, Any]


@dataclass
class State:
    """The contents of both tables, in plain values: users by id, claims by canonical email, request records by key."""

    users: dict[str, Item] = field(default_factory=dict)
    claims: dict[str, str] = field(default_factory=dict)
    records: dict[str, Item] = field(default_factory=dict)
    secrets: dict[str, Item] = field(default_factory=dict)


def state_of(users: list[Item], keys: list[Item]) -> State:
    """The state that plain items of the two tables make."""
    state = State({user["userId"]: user for user in users})
    for item in keys:
        kind, _, name = item["key"].partition("#")
        if kind == "email":
            state.claims[name] = item["userId"]
        elif kind == "request":
            state.records[name] = item
        else:
            state.secrets[name] = item
    return state


def assert_exact(state: State) -> None:
    """No user is lost, doubled or a ghost; each email has one claim and each claim its owner; records are true."""
    owners = {user["email"].lower(): user["userId"] for user in state.users.values() if "email" in user}
    for user in state.users.values():
        assert user.keys() >= INNER, f"a ghost: {sorted(user)}"
        assert not user.keys() - INNER - {"age"}, f"unknown attributes: {sorted(user)}"
    assert len(owners) == len(state.users), "two users with one email"
    assert state.claims == owners, "claims and emails differ"
    for record in state.records.values():
        assert_record(record)
    assert len(state.secrets) <= 1


def assert_record(record: Item) -> None:
    """A kept answer is a whole 201 about the user it names."""
    status, headers, body = json.loads(record["response"])
    assert status == 201
    assert json.loads(body)["userId"] == record["userId"]
    assert {"Location", "ETag"} <= headers.keys()
    assert {"fingerprint", "expiresAt"} <= record.keys()


def assert_answer(status: int, headers: dict[str, str], body: str) -> dict[str, Any]:
    """One answer keeps to the contract, whatever it is; its document."""
    assert headers["X-Request-Id"]
    assert headers["Access-Control-Allow-Origin"] == "*"
    document: dict[str, Any] = json.loads(body)
    if status < 300:
        assert_success(headers, document)
        return document
    assert_error(status, headers, document, status, document["code"])
    assert ("Retry-After" in headers) == (status == 503 or document["code"] == "request_in_progress")
    told = json.dumps({name: value for name, value in document.items() if name not in ("requestId", "instance")})
    leaked = [word for word in SECRET_WORDS if word in told.lower()]
    assert not leaked, f"inner words in an answer: {leaked}"
    assert document["detail"] == SENTENCES.get(document["code"], document["detail"])
    return document


def assert_success(headers: dict[str, str], document: dict[str, Any]) -> None:
    """A success holds the members of the contract and no others."""
    if "users" in document:
        assert set(document) == {"users", "count", "hasMore"} | ({"lastKey"} if document["hasMore"] else set())
        for user in document["users"]:
            assert_user(user)
    elif "message" in document:
        assert set(document) == {"message", "userId"}
    else:
        assert_user(document)
        assert headers["ETag"]


def assert_user(document: dict[str, Any]) -> None:
    """A user as clients see it."""
    assert set(document) - {"age"} == MEMBERS - {"age"}


def as_seen(user: Item) -> Item:
    """A stored user as a client should see it."""
    return {name: value for name, value in user.items() if name in MEMBERS}


def assert_discreet(lines: list[str]) -> None:
    """No log line names anybody."""
    named = [text for text in lines if PERSONAL in text.lower()]
    assert not named, f"personal data in a log: {named[0]}"
