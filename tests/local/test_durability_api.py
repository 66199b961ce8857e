"""What the running API answered is there after `kill -9` of all its processes, whole, and nothing else is."""

from __future__ import annotations

import http.client
import json
import os
import random
import resource
import signal
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.kills import Connection, scan
from tests.support.server import Server

pytestmark = pytest.mark.slow

WRITERS = 8
KILLS = int(os.environ.get("KILLS", "200"))

User = dict[str, Any]


class Unanswered(Exception):
    """No answer came."""


@dataclass
class Asked:
    """A request without an answer yet: `before` and `after` are the user's states without and with it."""

    method: str
    path: str
    body: dict[str, Any] | None
    key: str
    before: User | None


@dataclass
class Client:
    """One user of the API, with users of its own; knows their states as last answered."""

    users: dict[str, User] = field(default_factory=dict)
    asked: Asked | None = None
    answered: int = 0
    problem: BaseException | None = None

    def run(self, port: int) -> None:
        """Create, change and delete until the server is gone."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            while True:
                self.ask(connection, self.next_request())
        except Unanswered:
            pass
        except BaseException as error:
            self.problem = error
        finally:
            connection.close()

    def next_request(self) -> Asked:
        """A create, a change of name or email, or a delete."""
        kind = random.random() if self.users else 0.0
        if kind < 0.4:
            body = {"name": "Ada", "email": f"{uuid.uuid4()}@example.com", "age": random.randrange(1, 150)}
            return Asked("POST", "/users", body, str(uuid.uuid4()), None)
        user = random.choice(list(self.users.values()))
        path = f"/users/{user['userId']}"
        if kind < 0.6:
            return Asked("PUT", path, {"name": f"Ada {uuid.uuid4()}"}, "", user)
        if kind < 0.85:
            return Asked("PUT", path, {"email": f"{uuid.uuid4()}@example.com"}, "", user)
        return Asked("DELETE", path, None, "", user)

    def ask(self, connection: http.client.HTTPConnection, asked: Asked) -> int:
        """Send a request and remember its answer; the status. Raises Unanswered."""
        self.asked = asked
        status, answer = send(connection, asked)
        assert status in (200, 201, 429) or (status == 404 and asked.method == "DELETE"), (status, answer)
        if asked.method == "DELETE":
            self.users.pop(asked.path.rpartition("/")[2], None)
        elif status != 429:
            self.users[answer["userId"]] = answer
        self.asked, self.answered = None, self.answered + (status != 429)
        return status

    def wrong(self, found: dict[str, User]) -> list[str]:
        """What does not agree with the answers; takes this client's users out of `found`."""
        wrong = []
        for user_id, user in self.users.items():
            actual = found.pop(user_id, None)
            if actual != user and not self.may_be(user_id, actual):
                wrong.append(f"{user_id} is {actual}, was answered as {user}; asked: {self.asked}")
        new = [
            user_id
            for user_id, user in found.items()
            if self.asked
            and self.asked.method == "POST"
            and self.asked.body
            and user["email"] == self.asked.body["email"]
        ]
        for user_id in new:
            del found[user_id]
        return wrong

    def may_be(self, user_id: str, actual: User | None) -> bool:
        """Whether the request without an answer explains a user's state."""
        if self.asked is None or not self.asked.path.endswith(user_id):
            return False
        if self.asked.method == "DELETE":
            return actual is None
        return actual is not None and all(actual[name] == value for name, value in (self.asked.body or {}).items())


def send(connection: http.client.HTTPConnection, asked: Asked) -> tuple[int, dict[str, Any]]:
    """Status and JSON of one request. Raises Unanswered."""
    headers = {"Content-Type": "application/json", **({"Idempotency-Key": asked.key} if asked.key else {})}
    try:
        connection.request(asked.method, asked.path, json.dumps(asked.body) if asked.body else None, headers)
        response = connection.getresponse()
        status, answer = response.status, json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unanswered(asked.method) from error
    if status >= 500:
        raise Unanswered(f"{asked.method}: {status}")  # the emulated AWS went first
    return status, answer


def stored(server: Server) -> tuple[dict[str, User], dict[str, str]]:
    """The users by id as the API would show them, and the owners of the emails, both from the tables."""
    connection = Connection(int(server.dynamodb_endpoint.rpartition(":")[2]))
    names = connection.call("ListTables", {})["TableNames"]
    keys = next(name for name in names if name.endswith("UserKeysTable"))
    members = ("userId", "name", "email", "age", "createdAt", "updatedAt")
    users = {
        row["userId"]["S"]: {
            name: int(value["N"]) if "N" in value else value["S"] for name in members if (value := row.get(name))
        }
        for row in scan(connection, "Users")
    }
    owners = {
        row["key"]["S"].partition("#")[2]: row["userId"]["S"]
        for row in scan(connection, keys)
        if row["key"]["S"].startswith("email#")
    }
    return users, owners


def compare(server: Server, clients: list[Client]) -> list[str]:
    """All that is not as answered; then every client repeats what it got no answer to."""
    users, owners = stored(server)
    wrong = (
        []
        if owners == {user["email"]: user_id for user_id, user in users.items()}
        else [f"users and claims differ: {users} {owners}"]
    )
    for client in clients:
        wrong += client.wrong(users)
    wrong += [f"a user nobody made: {user}" for user in users.values()]
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    for client in clients:
        while client.asked and client.ask(connection, client.asked) == 429:
            time.sleep(0.1)
    connection.close()
    return wrong


def survive(data: str, kills: int) -> tuple[list[str], int]:
    """What was not as answered over that many kills, and how many writes were answered."""
    clients = [Client() for _ in range(WRITERS)]
    wrong: list[str] = []
    for kill in range(kills + 1):
        server = Server(data=data)
        try:
            wrong += compare(server, clients)
            if kill < kills:
                threads = [threading.Thread(target=client.run, args=[server.port]) for client in clients]
                for thread in threads:
                    thread.start()
                time.sleep(random.uniform(0.05, 0.6))
        finally:
            os.killpg(server.process.pid, signal.SIGKILL)
            server.stop()
        if kill < kills:
            for thread in threads:
                thread.join()
    return wrong + [repr(client.problem) for client in clients if client.problem], sum(c.answered for c in clients)


def test_three_kills_of_the_whole_api_lose_nothing(tmp_path):
    wrong, answered = survive(str(tmp_path), 3)
    assert wrong == []
    assert answered > 10


def emulated_aws(server: Server) -> int:
    """The process id of the server's emulated AWS."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    return next(int(child) for child in children if b"local.aws" in Path(f"/proc/{child}/cmdline").read_bytes())


def test_a_full_disk_is_answered_with_503_until_there_is_room():
    with Server() as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        status, ada = send(connection, Asked("POST", "/users", {"name": "Ada", "email": "ada@example.com"}, "", None))
        assert status == 201
        size = (Path(server.data) / "journal" / "00000000.log").stat().st_size
        resource.prlimit(emulated_aws(server), resource.RLIMIT_FSIZE, (size + 100, resource.RLIM_INFINITY))
        grace = Asked("POST", "/users", {"name": "Grace", "email": "grace@example.com"}, "", None)
        with pytest.raises(Unanswered, match="503"):
            send(connection, grace)
        assert send(connection, Asked("GET", f"/users/{ada['userId']}", None, "", None)) == (200, ada)
        resource.prlimit(emulated_aws(server), resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        assert send(connection, grace)[0] == 201
        connection.close()


@pytest.mark.deep
@pytest.mark.timeout(14400)
def test_many_kills_of_the_whole_api_lose_nothing(tmp_path):
    wrong, answered = survive(str(tmp_path), KILLS)
    print(f"{KILLS} kills, {answered} answered writes, {len(wrong)} not as answered")
    assert wrong == []
