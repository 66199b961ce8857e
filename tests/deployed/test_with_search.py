"""A stack with search, with IAM enforced: each function does what its role grants, and nothing else."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.deployed.cloud import Cloud
from tests.deployed.judge import NEVER, SIGN_IN, TWO_REGIONS, Use, complaints, without
from tests.deployed.recorder import Call
from tests.deployed.scenario import forget_cursor_secrets
from tests.deployed.stack import Stack
from tests.deployed.test_iam import TEMPLATE, named
from tests.support.events import event
from tests.support.project import copied
from tools.roles import Grant, grants
from tools.statements import Template

PATIENCE = 60.0
PARAMETERS = ("Events=true", "EventArchiveDays=0", "Search=true", "UsersTableName=UsersWithSearch")
KEEP, LIST = "KeepSearchFunction", "ListUsersFunction"
OF_SEARCH = [
    grant
    for grant in grants(TEMPLATE)
    if grant.function in (KEEP, LIST) and not any(it in grant.when for it in (*NEVER, SIGN_IN, TWO_REGIONS))
]


@pytest.fixture(scope="module")
def search_stack(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    deployed = Stack(cloud, copied(Path(tmp_path_factory.mktemp("search"), "api")), name="users-search")
    done = deployed.script("deploy.sh", "--yes", "--", "--parameter-overrides", *PARAMETERS)
    assert done.returncode == 0, done.stdout + done.stderr + cloud.log.read_text()
    return deployed


class Life:
    """What the two functions did, from the first user to a user that is gone."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.start = len(stack.cloud.recorder.calls)
        self.owners: dict[str, str] = {}

    @property
    def calls(self) -> list[Call]:
        return self.stack.cloud.recorder.since(self.start)

    def do(self, function: str, request: dict[str, Any]) -> Any:
        """The document that a handler answers with."""
        answer = self.stack.invoke(function, request)
        assert answer["statusCode"] < 300, answer
        return json.loads(answer["body"])

    def list(self, query: str) -> Any:
        return self.do(LIST, event("GET", "/users", query=query))

    def until(self, query: str, count: int) -> None:
        last = time.monotonic() + PATIENCE
        while self.list(query)["count"] != count:
            assert time.monotonic() < last, f"{query} does not find {count}"
            time.sleep(0.2)

    def find_functions(self) -> None:
        """Name the access keys: only the list queries the index, and only the consumer writes into it."""
        index = self.stack.resources()["UserSearchTable"]
        self.owners.update(
            (call.access_key, LIST)
            for call in self.calls
            if call.table.startswith(index) and call.action == "dynamodb:Query"
        )
        writes = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")
        self.owners.update(
            (call.access_key, KEEP) for call in self.calls if call.table == index and call.action in writes
        )


@pytest.fixture(scope="module")
def life(search_stack: Stack) -> Life:
    life = Life(search_stack)
    queue = search_stack.resources()["KeepSearchQueue"]
    search_stack.cloud.client("sqs").send_message(QueueUrl=queue, MessageBody="no event")
    body = {"name": "Maria Schmidt", "email": "maria@example.com"}
    user = life.do("CreateUserFunction", event("POST", "/users", body))["userId"]
    life.until("q=schmidt", 1)
    life.do("UpdateUserFunction", event("PATCH", f"/users/{user}", {"name": "Maria Schulz"}))
    life.until("q=schulz", 1)
    forget_cursor_secrets(search_stack)
    life.do("CreateUserFunction", event("POST", "/users", {"name": "Marta", "email": "marta@example.com"}))
    life.until("q=mar", 2)
    cursor = life.list("q=mar&limit=1")["lastKey"]
    assert life.list(f"q=mar&limit=1&lastKey={cursor}")["count"] == 1
    for query in ("limit=1", "sort=createdAt", "sort=name", "email=maria@example.com", "total=true&limit=1"):
        assert life.list(query)["count"] >= 1, query
    life.do("DeleteUserFunction", event("DELETE", f"/users/{user}"))
    life.until("sort=name", 1)
    life.find_functions()
    return life


def test_nothing_was_refused(life: Life) -> None:
    assert [call for call in life.calls if call.refused] == []


@pytest.fixture(scope="module")
def recorded(search_stack: Stack, life: Life) -> set[Use]:
    """What the functions did, in the names of the template."""
    logical = {name: key for key, name in search_stack.resources().items()}
    logical |= {name.rpartition("/")[2]: key for name, key in logical.items() if "://" in name}

    def name(table: str) -> str:
        whole, index, name = table.partition("/index/")
        return logical.get(whole, whole) + index + name

    return {
        Use(life.owners[call.access_key], call.action, name(call.table), call.keys)
        for call in life.calls
        if call.access_key in life.owners
    }


def about_search(template: Template, uses: set[Use]) -> list[str]:
    found = complaints(template, uses, unseen=(*NEVER, SIGN_IN, TWO_REGIONS))
    return [it for it in found if it.startswith((KEEP, LIST))]


def test_the_functions_do_what_their_roles_grant_and_nothing_else(recorded: set[Use]) -> None:
    assert about_search(TEMPLATE, recorded) == []


@pytest.mark.parametrize("grant", OF_SEARCH, ids=named)
def test_an_action_less_is_named(recorded: set[Use], grant: Grant) -> None:
    missing = f"{grant.function} lacks {grant.action} on {grant.resource}"
    assert about_search(without(TEMPLATE, grant), recorded) == [missing]
