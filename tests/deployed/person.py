"""A person of a stack with every capability: their connections are ended, and then they are erased from all places."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from dynamodb.values import to_item
from live.table import connection_key, key, of_caller, of_topic
from mail.outcomes import address_key
from search.entries import head_key
from tests.deployed import scenario
from tests.deployed import test_with_live_updates as live
from tests.deployed.judge import Use
from tests.deployed.people import in_pool, of_person, of_the_pool, request, token
from tests.deployed.recorder import Call
from tests.deployed.stack import Stack
from tests.deployed.test_with_sign_in import ERASE, REGISTER, until
from tests.deployed.test_with_webhooks import delivered
from tests.support.events import event
from verification.renewals import DAY, PREFIX

LATER = 4_000_000_000  # seconds since the epoch
OPEN, LOOK = "OpenConnectionFunction", "GetErasureFunction"


class Person:
    """What became of a person, and all calls meanwhile."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.names = stack, stack.resources()
        self.mark = len(stack.cloud.recorder.calls)
        self.email = scenario.email()
        self.subject = in_pool(stack, self.email)
        Stack.invoke(stack, REGISTER, of_the_pool(self.subject, self.email))
        self.user = of_person(stack, self.subject)
        until(lambda: self.head() is not None)
        self.indexed = self.head()  # the consumer may remove it before the erasure does: see `leaves_something`
        self.is_cut_off()
        self.receipt = self.is_erased()

    @property
    def calls(self) -> list[Call]:
        return self.stack.cloud.recorder.since(self.mark)

    def is_cut_off(self) -> None:
        """Have an open connection, and a ticket for another one, when an administrator disables the person."""
        first, second = self.ticket(), self.ticket()
        assert self.opens("first", first) == 200
        self.does("DisableUserFunction", "POST")
        until(lambda: self.item("LiveTable", connection_key("first")) is None)
        assert self.opens("second", second) == 401

    def is_erased(self) -> dict[str, Any]:
        """The receipt. What the second round finds is there for the erasure alone: the consumers are done before."""
        self.does("EraseUserFunction", "POST")
        until(lambda: self.item("ErasuresTable", to_item({"userId": self.user}))["round"] == {"N": "2"})
        until(lambda: "UserDeleted" in self.logged())
        self.leaves_something()
        until(lambda: self.does(LOOK, "GET")["status"] == "completed")
        return self.does(LOOK, "GET")

    def head(self) -> Any:
        """What the index of the search has of the person."""
        shard, place = head_key(self.user)
        return self.item("UserSearchTable", to_item({"shard": shard, "place": place}))

    def ticket(self) -> list[str]:
        """The protocols by which the person may open a connection."""
        asked = request("POST", f"/users/{self.user}", token(self.subject, "users/self"))
        return list(json.loads(Stack.invoke(self.stack, "CreateLiveTicketFunction", asked)["body"])["protocols"])

    def opens(self, connection: str, protocols: list[str]) -> int:
        asked = live.socket_event("CONNECT", connection, protocols=", ".join(protocols))
        return int(self.stack.invoke(OPEN, asked)["statusCode"])

    def does(self, function: str, method: str) -> dict[str, Any]:
        """What a handler answers the administrator."""
        headers = {"Idempotency-Key": uuid.uuid4().hex} if method == "POST" else {}
        answer = self.stack.invoke(function, event(method, f"/users/{self.user}", None, headers))
        assert answer["statusCode"] in (200, 202), answer
        return dict(json.loads(answer["body"]))

    def item(self, table: str, where: dict[str, Any]) -> Any:
        read = self.stack.cloud.client("dynamodb").get_item
        return read(TableName=self.names[table], Key=where, ConsistentRead=True).get("Item")

    def logged(self) -> set[str]:
        """The events of the messages about the person in the log of live updates."""
        items = self.stack.cloud.client("dynamodb").scan(TableName=self.names["LiveTable"])["Items"]
        messages = [json.loads(item["message"]["S"]) for item in items if "message" in item]
        return {each["event"] for each in messages if each["userId"] == self.user}

    def leaves_something(self) -> None:
        """Put something into every place of a capability."""
        caller, topic = f"sub:{self.subject}", f"users/{self.user}"
        connection = {**connection_key("left"), **to_item({"caller": caller}), "topics": {"SS": [topic]}}
        for item in (connection, key(of_caller(caller), "left"), key(of_topic(topic), "left")):
            self.put("LiveTable", {**item, **to_item({"expiresAt": LATER})})
        for name in (f"{PREFIX}{self.user}#{int(time.time()) // DAY}", address_key(self.email)):
            self.put("MailTable", to_item({"key": name, "expiresAt": LATER}))
        delivered(self.stack, str(uuid.uuid4()), str(uuid.uuid4()), body=json.dumps({"userId": self.user}))
        self.put("UserSearchTable", self.indexed)
        self.put("PicturesTable", to_item({"userId": self.user, "ticket": "1"}))
        for name in (f"pictures/{self.user}/1/a-128.webp", f"uploads/{self.user}/never/processed"):
            self.stack.cloud.client("s3").put_object(Bucket=self.names["PicturesBucket"], Key=name, Body=b"x")

    def put(self, table: str, item: dict[str, Any]) -> None:
        self.stack.cloud.client("dynamodb").put_item(TableName=self.names[table], Item=item)

    def uses(self) -> set[Use]:
        """What four of the functions did, in the names of the template."""
        logical = {name: logical for logical, name in self.names.items()}
        logical |= {name.rpartition("/")[2]: it for name, it in logical.items() if "://" in name}
        api = self.names["LiveApi"]
        logical |= {api: "LiveApi.Connections", f"{api}.ended": "LiveApi.EndedConnections"}
        owners = self.owners()
        return {
            Use(owners[call.access_key], call.action, resource(logical, call.table), call.keys)
            for call in self.calls
            if call.access_key in owners
        }

    def owners(self) -> dict[str, str]:
        """Functions by access key: each of them does one thing that no other function does."""
        queue = self.names["CarryOutErasureQueue"].rpartition("/")[2]
        signs: dict[str, Callable[[Call], bool]] = {
            OPEN: lambda it: it.action == "dynamodb:PutItem" and starts(it.keys, "connection#"),
            live.PUSH: lambda it: it.action == "dynamodb:PutItem" and starts(it.keys, "shut-out#"),
            LOOK: lambda it: it.action == "cognito-idp:AdminGetUser",
            ERASE: lambda it: it.table == queue,  # last, because it asks the user pool too
        }
        return {call.access_key: function for function, does in signs.items() for call in self.calls if does(call)}


def starts(keys: Iterable[str], beginning: str) -> bool:
    """Whether one of the keys begins so."""
    return any(it.startswith(beginning) for it in keys)


def resource(logical: dict[str, str], name: str) -> str:
    """The name in the template; objects of a bucket have a prefix besides."""
    bucket, slash, prefix = name.partition("/")
    return f"{logical[bucket]}{slash}{prefix}" if bucket in logical else name
