"""Writers that remember what they were told, an emulated AWS that is killed under them, and the comparison after."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
USERS, KEYS = "Users", "UserKeys"
SIGNED = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"

State = dict[str, Any] | None  # a user as an item, or none


class Lost(Exception):
    """No answer came: what was asked may have been done or not."""


class Victim:
    """`python -m local.aws` in a process group of its own, to be killed as a whole."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        read_end, write_end = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "local.aws", "--data", str(data), "--ready-fd", str(write_end), *options],
            cwd=ROOT,
            pass_fds=[write_end],
            start_new_session=True,
            stderr=subprocess.PIPE,
        )
        os.close(write_end)
        with os.fdopen(read_end) as ready:
            answer = json.loads(ready.readline() or "{}")
        if "endpoint" not in answer:
            raise AssertionError(f"it did not start: {answer}\n{self.end()}")
        self.port = int(answer["endpoint"].rpartition(":")[2])

    def end(self) -> str:
        """Kill the whole group; what it wrote to its error stream."""
        os.killpg(self.process.pid, signal.SIGKILL)
        _, written = self.process.communicate()
        return str(written.decode())

    def stop(self) -> int:
        """Stop cleanly; the exit status."""
        self.process.terminate()
        self.process.communicate(timeout=30)
        return self.process.returncode


class Connection:
    """One kept-alive connection to the DynamoDB API, with nothing of a client in between."""

    def __init__(self, port: int) -> None:
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """The answer's JSON with `status` in it. Raises Lost."""
        try:
            self.http.request(
                "POST",
                "/",
                json.dumps(request),
                {
                    "Content-Type": "application/x-amz-json-1.0",
                    "Authorization": SIGNED,
                    "X-Amz-Target": f"DynamoDB_20120810.{operation}",
                },
            )
            response = self.http.getresponse()
            return {**json.loads(response.read()), "status": response.status}
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.http.close()
            raise Lost(operation) from error


def create_tables(port: int) -> None:
    """The two tables of the system."""
    connection = Connection(port)
    stream = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}
    for name, key, more in ((USERS, "userId", stream), (KEYS, "key", {})):
        answer = connection.call(
            "CreateTable",
            {
                "TableName": name,
                "BillingMode": "PAY_PER_REQUEST",
                **more,
                "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
            },
        )
        assert answer["status"] == 200, answer


def item(user_id: str, email: str, version: int) -> dict[str, Any]:
    """A user as an item."""
    return {
        "userId": {"S": user_id},
        "email": {"S": email},
        "version": {"N": str(version)},
        "name": {"S": f"name of version {version}"},
    }


def claim(email: str, user_id: str) -> dict[str, Any]:
    """An email's claim as an item."""
    return {"key": {"S": f"email#{email}"}, "userId": {"S": user_id}}


@dataclass
class Writer:
    """Changes one user after another, alone on its own users; knows each one's state as last answered."""

    number: int
    users: dict[str, State] = field(default_factory=dict)
    asked: tuple[str, State, dict[str, Any]] | None = None  # without an answer: user, state it would have, request
    answered: int = 0
    events: list[tuple[str, str]] = field(default_factory=list)  # user and version, or REMOVE, of acknowledged changes
    problem: BaseException | None = None

    def run(self, port: int) -> None:
        """Write until the connection breaks."""
        connection = Connection(port)
        choose = random.Random()
        try:
            while True:
                self.change(connection, *self.next_change(choose))
        except Lost:
            pass
        except BaseException as error:
            self.problem = error

    def next_change(self, choose: random.Random) -> tuple[str, State, dict[str, Any]]:
        """A user, the state it is to have, and the transaction that does it."""
        alive = [user_id for user_id, state in self.users.items() if state]
        user_id = choose.choice(alive) if alive and choose.random() < 0.7 else str(uuid.uuid4())
        old = self.users.get(user_id)
        new: State
        if old is None:
            new = item(user_id, f"{user_id}@x.co", 1)
        elif choose.random() < 0.2:
            new = None
        else:
            email = old["email"]["S"] if choose.random() < 0.5 else f"{uuid.uuid4()}@x.co"
            new = item(user_id, email, int(old["version"]["N"]) + 1)
        return user_id, new, {"ClientRequestToken": str(uuid.uuid4()), "TransactItems": actions(user_id, old, new)}

    def change(self, connection: Connection, user_id: str, new: State, request: dict[str, Any]) -> None:
        """Ask for one change and remember the answer."""
        self.asked = (user_id, new, request)
        answer = connection.call("TransactWriteItems", request)
        assert answer["status"] == 200, (request, answer)
        self.settle(user_id, new)

    def settle(self, user_id: str, new: State) -> None:
        """The change has been made."""
        self.users[user_id] = new
        self.events.append((user_id, new["version"]["N"] if new else "REMOVE"))
        self.answered += 1
        self.asked = None

    def compare(self, found: dict[str, dict[str, Any]], connection: Connection) -> list[str]:
        """What does not agree with the answers this writer has had; takes its users out of `found`."""
        wrong = []
        for user_id in {*self.users, *([self.asked[0]] if self.asked else [])}:
            expected, state = self.users.get(user_id), found.pop(user_id, None)
            allowed = [expected, self.asked[1]] if self.asked and self.asked[0] == user_id else [expected]
            if state not in allowed:
                wrong.append(f"user {user_id} is {state}, was answered as {expected}")
        if self.asked:
            user_id, new, request = self.asked
            again = connection.call("TransactWriteItems", request)  # same token: done once, whenever it was done
            if again["status"] != 200:
                wrong.append(f"the retry of {user_id} was refused: {again}")
            self.settle(user_id, new)
        return wrong


def actions(user_id: str, old: State, new: State) -> list[dict[str, Any]]:
    """The transaction that brings a user and its claim from one state to another."""
    users: dict[str, Any]
    if new is None:
        assert old is not None
        users = {"Delete": {"TableName": USERS, "Key": {"userId": {"S": user_id}}, **at(old)}}
    else:
        users = {"Put": {"TableName": USERS, "Item": new, **at(old)}}
    before, after = (state and state["email"]["S"] for state in (old, new))
    made = (
        [
            {
                "Put": {
                    "TableName": KEYS,
                    "Item": claim(after, user_id),
                    "ConditionExpression": "attribute_not_exists(#k)",
                    "ExpressionAttributeNames": {"#k": "key"},
                }
            }
        ]
        if after and after != before
        else []
    )
    gone = (
        [{"Delete": {"TableName": KEYS, "Key": {"key": {"S": f"email#{before}"}}}}]
        if before and after != before
        else []
    )
    return [users, *made, *gone]


def at(old: State) -> dict[str, Any]:
    """The condition that a user is as it was."""
    if old is None:
        return {"ConditionExpression": "attribute_not_exists(userId)"}
    return {
        "ConditionExpression": "#v = :v",
        "ExpressionAttributeNames": {"#v": "version"},
        "ExpressionAttributeValues": {":v": old["version"]},
    }


def scan(connection: Connection, table: str) -> list[dict[str, Any]]:
    """All items of a table."""
    items: list[dict[str, Any]] = []
    start: dict[str, Any] = {}
    while True:
        page = connection.call("Scan", {"TableName": table, "ConsistentRead": True, **start})
        items += page["Items"]
        if "LastEvaluatedKey" not in page:
            return items
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def compare(port: int, writers: list[Writer]) -> list[str]:
    """Everything that does not agree with what was answered: users, claims, strangers; then the retries."""
    connection = Connection(port)
    found = {row["userId"]["S"]: row for row in scan(connection, USERS)}
    claims = {row["key"]["S"]: row["userId"]["S"] for row in scan(connection, KEYS)}
    wrong = (
        []
        if claims == {f"email#{row['email']['S']}": user_id for user_id, row in found.items()}
        else [f"users and claims differ: {len(found)} users, {len(claims)} claims"]
    )
    for writer in writers:
        wrong += writer.compare(found, connection)
    return wrong + [f"a user nobody made: {row}" for row in found.values()]


def kill_under_load(data: Path, writers: list[Writer], seconds: float, *options: str) -> list[str]:
    """Start, compare with what was answered before, let all write, kill after `seconds`; what did not agree."""
    victim = Victim(data, *options)
    try:
        wrong = compare(victim.port, writers)
        threads = [threading.Thread(target=writer.run, args=[victim.port]) for writer in writers]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
    finally:
        victim.end()
    for thread in threads:
        thread.join()
    return wrong + [f"writer {writer.number}: {writer.problem!r}" for writer in writers if writer.problem]
