"""Requests to each function that make it do everything it may do."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

from tests.deployed.stack import Stack
from tests.support.events import event


def email() -> str:
    """An address of nobody."""
    return f"{uuid.uuid4().hex}@example.com"


def create(stack: Stack, **headers: str) -> dict[str, Any]:
    """A user; the answer, whatever it is."""
    body = {"name": "Ada Lovelace", "email": email(), "age": 36}
    return stack.invoke("CreateUserFunction", event("POST", "/users", body, headers))


def prepared(stack: Stack) -> str:
    """The id of a user to work on, made by the root of the account so that no function is needed for it."""
    user = str(uuid.uuid4())
    address = email()
    now = "2026-01-02T03:04:05.678Z"
    item = {"userId": user, "name": "Ada", "email": address, "createdAt": now, "updatedAt": now, "lastWrite": "root"}
    put = stack.cloud.client("dynamodb").put_item
    put(TableName=stack.resources()["UsersTable"], Item={**strings(item), "version": {"N": "1"}})
    put(TableName=stack.resources()["UserKeysTable"], Item=strings({"key": f"email#{address}", "userId": user}))
    return user


def strings(item: dict[str, str]) -> dict[str, dict[str, str]]:
    """An item of strings, low-level."""
    return {name: {"S": value} for name, value in item.items()}


def forget_cursor_secrets(stack: Stack) -> None:
    """Let the next cursor need a new secret: none in the table, none in a warm function."""
    client, table = stack.cloud.client("dynamodb"), stack.resources()["UserKeysTable"]
    for item in client.scan(TableName=table)["Items"]:
        if item["key"]["S"].startswith("cursor-secret#"):
            client.delete_item(TableName=table, Key={"key": item["key"]})
    chill(stack, "ListUsersFunction")


def chill(stack: Stack, function: str) -> None:
    """Make the next call of the newest code a cold start, by setting a setting to what it is. A version has none."""
    client, name = stack.cloud.client("lambda"), stack.functions()[function]
    timeout = client.get_function_configuration(FunctionName=name)["Timeout"]
    client.update_function_configuration(FunctionName=name, Timeout=timeout)


def creates(stack: Stack) -> list[dict[str, Any]]:
    return [create(stack), create(stack, **{"Idempotency-Key": uuid.uuid4().hex})]


def gets(stack: Stack) -> list[dict[str, Any]]:
    return [stack.invoke("GetUserFunction", event("GET", f"/users/{prepared(stack)}"))]


def lists(stack: Stack) -> list[dict[str, Any]]:
    prepared(stack)
    prepared(stack)
    forget_cursor_secrets(stack)
    first = stack.invoke("ListUsersFunction", event("GET", "/users", query="limit=1"), latest=True)
    if first["statusCode"] != 200:
        return [first]
    second = page_after(stack, json.loads(first["body"])["lastKey"])
    return [first, second, stack.invoke("ListUsersFunction", event("GET", "/users", query="limit=1"))]


def page_after(stack: Stack, key: str) -> dict[str, Any]:
    """The page that a cursor leads to."""
    chill(stack, "ListUsersFunction")
    return stack.invoke("ListUsersFunction", event("GET", "/users", query=f"limit=1&lastKey={key}"), latest=True)


def updates(stack: Stack) -> list[dict[str, Any]]:
    path = f"/users/{prepared(stack)}"
    bodies: list[dict[str, Any]] = [{"name": "Ada King"}, {"email": email()}]
    return [stack.invoke("UpdateUserFunction", event("PUT", path, body)) for body in bodies]


def deletes(stack: Stack) -> list[dict[str, Any]]:
    return [stack.invoke("DeleteUserFunction", event("DELETE", f"/users/{prepared(stack)}"))]


EVERYTHING: dict[str, Callable[[Stack], list[dict[str, Any]]]] = {
    "CreateUserFunction": creates,
    "GetUserFunction": gets,
    "ListUsersFunction": lists,
    "UpdateUserFunction": updates,
    "DeleteUserFunction": deletes,
}
