"""Records what many clients ask of an API at once and what they are told, with the times of both."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from tests.proofs.concurrency.http_api import Answer, Crowd
from tests.proofs.concurrency.linearizability import Operation
from tests.proofs.concurrency.users_model import Answered, Asked

CLIENTS = 6
STEPS = 8
EMAILS = 3
ABANDONED = 0.04  # requests whose client goes away without waiting

# Sends one request: method, path, body, headers, and whether to go away without the answer.
Send = Callable[[str, str, Any, dict[str, str], bool], Answer]

KINDS = {"create": 3, "replay": 3, "name": 4, "age": 1, "email": 4, "delete": 3, "get": 5}


class Recorder:
    """Records one history: `operations` once `run` has ended."""

    def __init__(self, send: Send, seed: int, domain: str) -> None:
        self.operations: list[Operation] = []
        self._send = send
        self._seed = seed
        self._emails = [f"e{number}@{domain}" for number in range(EMAILS)]
        self._domain = domain
        self._known: list[str] = []

    def run(self, crowd: Crowd) -> list[Operation]:
        """Let all clients do their steps; what happened."""
        crowd.together([lambda number=number: self._live(number) for number in range(CLIENTS)])  # type: ignore[misc]
        return self.operations

    def _live(self, client: int) -> None:
        chance = random.Random(f"{self._seed} {client}")
        seen: dict[str, int] = {}
        for step in range(STEPS):
            asked = self._asked(chance, seen, client * STEPS + step)
            answer = self._perform(asked, chance.random() < ABANDONED)
            user_id = answer.document.get("userId")
            if user_id and answer.etag:
                seen[user_id] = version(answer)
                if answer.status == 201 and user_id not in self._known:
                    self._known.append(user_id)

    def _asked(self, chance: random.Random, seen: dict[str, int], number: int) -> Asked:
        kind = chance.choices(list(KINDS), list(KINDS.values()))[0]
        email = chance.choice(self._emails)
        user_id = chance.choice(self._known[-4:]) if self._known else ""
        if kind in ("create", "replay") or not user_id:
            key = f"{self._domain} {chance.randrange(2)}".replace(" ", "-") if kind == "replay" else ""
            email = self._emails[int(key[-1])] if key and chance.random() < 0.8 else email
            return Asked("create", members=(("name", "Ann"), ("email", email)), key=key, number=number)
        match = chance.choice([0, 0, seen.get(user_id, 0), seen.get(user_id, 0), -1])
        if kind in ("get", "delete"):
            return Asked(kind, user_id, match=match if kind == "delete" else 0, number=number)
        members = {"name": ("name", f"Name {number}"), "age": ("age", 30 + number), "email": ("email", email)}
        return Asked("update", user_id, (members[kind],), match, number=number)

    def _perform(self, asked: Asked, abandon: bool) -> Answer:
        method, path, body, headers = request(asked)
        start = time.monotonic()
        answer = self._send(method, path, body, headers, abandon)
        self.operations.append(Operation(asked, answered(answer), start, time.monotonic()))
        return answer


def request(asked: Asked) -> tuple[str, str, Any, dict[str, str]]:
    """Method, path, body and headers."""
    if asked.kind == "create":
        return "POST", "/users", dict(asked.members), {"Idempotency-Key": asked.key} if asked.key else {}
    headers = {"If-Match": "*" if asked.match < 0 else f'"{asked.match}"'} if asked.match else {}
    method = {"get": "GET", "delete": "DELETE", "update": "PUT"}[asked.kind]
    return method, f"/users/{asked.user_id}", dict(asked.members) or None, headers


def answered(answer: Answer) -> Answered | None:
    """An answer as the model reads it; None where the outcome is unknown."""
    if answer.status in (0, 503) or answer.code == "request_in_progress":
        return None
    user = tuple(sorted(answer.document.items())) if "name" in answer.document else ()
    replayed = answer.headers.get("idempotency-replayed") == "true"
    return Answered(answer.status, answer.code, version(answer), user, replayed)


def version(answer: Answer) -> int:
    """The version that an answer's ETag names, 0 for none."""
    return int(answer.etag.strip('"') or 0)
