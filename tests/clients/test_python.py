"""The whole contract by a client that openapi-python-client makes of /openapi.json."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import yaml

from tests.api.client import address
from tests.clients.conftest import Api
from tests.clients.examples import documented_errors
from tests.template.stack import contract

NOBODY = UUID("00000000-0000-4000-8000-000000000000")


def generated(folder: Path, name: str, *source: str) -> ModuleType:
    """A client package, made and imported; a warning of the generator is a failure."""
    (folder / "config.yaml").write_text("post_hooks: []\n")
    program = Path(sys.executable).parent / "openapi-python-client"
    options = ["--meta", "none", "--config", str(folder / "config.yaml"), "--fail-on-warning"]
    command = [str(program), "generate", *source, *options, "--output-path", str(folder / name)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    return importlib.import_module(name)


class Users:
    """The six calls of a generated client; each returns its answer in full."""

    def __init__(self, package: str, client: Any) -> None:
        self.package, self.client = package, client
        self.models = importlib.import_module(f"{package}.models")

    def __getattr__(self, operation: str) -> Any:
        module = importlib.import_module(f"{self.package}.api.users.{operation}")
        return lambda *arguments, **named: module.sync_detailed(*arguments, client=self.client, **named)

    def new(self, **members: Any) -> Any:
        return self.models.NewUser(**{"name": "Ann", "email": address(), **members})

    def changes(self, **members: Any) -> Any:
        return self.models.UserChanges(**members)


@pytest.fixture(scope="module")
def package(api: Api, tmp_path_factory: pytest.TempPathFactory) -> str:
    generated(tmp_path_factory.mktemp("client"), "users_client", "--url", f"{api.url}/openapi.json")
    return "users_client"


def connected(package: str, api: Api) -> Users:
    client = importlib.import_module(package).AuthenticatedClient(
        base_url=api.url, token=api.key, prefix="", auth_header_name="X-Api-Key", raise_on_unexpected_status=True
    )
    return Users(package, client)


@pytest.fixture
def users(package: str, api: Api) -> Users:
    return connected(package, api)


def refused(answer: Any, status: int, code: str) -> Any:
    """The problem that an answer is."""
    assert (answer.status_code, answer.parsed.status, answer.parsed.code) == (status, status, code), answer.content
    assert answer.parsed.request_id == answer.headers["X-Request-Id"]
    return answer.parsed


def test_a_user_is_created_read_changed_and_deleted(users):
    created = users.create_user(body=users.new(age=36))
    user = created.parsed
    assert (created.status_code, created.headers["Location"]) == (201, f"/users/{user.user_id}")
    assert users.get_user(user.user_id).parsed == user
    assert users.update_user(user.user_id, body=users.changes(name="Bea")).parsed.name == "Bea"

    patched = users.patch_user(user.user_id, body=users.changes(age=None)).parsed

    assert (patched.name, "age" in patched.to_dict()) == ("Bea", False)
    assert users.delete_user(user.user_id).parsed.user_id == user.user_id
    refused(users.get_user(user.user_id), 404, "user_not_found")


def test_a_list_is_followed_to_its_end(users):
    made = {users.create_user(body=users.new()).parsed.user_id for _ in range(5)}
    seen: list[UUID] = []
    page = users.list_users(limit=2).parsed
    seen += [user.user_id for user in page.users]
    while page.has_more:
        page = users.list_users(limit=2, last_key=page.last_key).parsed
        assert page.count == len(page.users) <= 2
        seen += [user.user_id for user in page.users]
    assert made <= set(seen)
    assert len(seen) == len(set(seen))


def test_conditions_hold(users):
    created = users.create_user(body=users.new())
    who, tag = created.parsed.user_id, created.headers["ETag"]

    assert users.get_user(who, if_none_match=tag).status_code == 304
    changed = users.update_user(who, body=users.changes(name="Bea"), if_match=tag)
    assert changed.headers["ETag"] != tag

    for answer in (
        users.patch_user(who, body=users.changes(name="Cleo"), if_match=tag),
        users.delete_user(who, if_match=tag),
    ):
        refused(answer, 412, "precondition_failed")
        assert answer.headers["ETag"] == changed.headers["ETag"]


def test_a_create_is_repeated_by_its_key(users):
    key, body = str(uuid4()), users.new()
    first = users.create_user(body=body, idempotency_key=key)
    again = users.create_user(body=body, idempotency_key=key)

    assert again.parsed == first.parsed
    assert again.headers["Idempotency-Replayed"] == "true"
    refused(users.create_user(body=users.new(), idempotency_key=key), 422, "idempotency_key_reused")


def test_refusals_are_problems(users, package, api, busy):
    taken = users.create_user(body=users.new()).parsed.email
    problem = refused(users.create_user(body=users.new(name="", age=151)), 400, "invalid_user")
    assert {each.pointer for each in problem.errors} == {"/name", "/age"}
    refused(users.list_users(limit=0), 400, "invalid_query")
    refused(users.list_users(last_key="forged"), 400, "invalid_cursor")
    refused(users.get_user(NOBODY, if_match="no tag"), 400, "invalid_header")
    refused(users.update_user(NOBODY, body=users.changes()), 400, "invalid_user")
    refused(users.create_user(body=users.new(email=taken)), 409, "email_in_use")
    refused(users.create_user(body=users.new(name="x" * 17000)), 413, "body_too_large")
    refused(connected(package, Api(api.url, "nobodys")).list_users(), 403, "forbidden")
    once = connected(package, busy)
    answers = [once.list_users() for _ in range(2)]
    refused(answers[1], 429, "too_many_requests")
    assert answers[1].headers["Retry-After"]


def test_every_documented_error_is_read(users, package):
    """Those included that no request can bring about: 401, 500, 502, 503, 504."""
    shown = list(documented_errors())
    assert len({problem["status"] for _, problem in shown}) == 14
    for operation, problem in shown:
        answer = call(Users(package, answering(package, problem)), operation)
        assert answer.parsed.to_dict() == problem, operation


def answering(package: str, problem: dict[str, Any]) -> Any:
    """A client to which everything is answered with a problem."""

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(problem["status"], json=problem, headers={"Content-Type": "application/problem+json"})

    arguments = {"transport": httpx.MockTransport(answer)}
    return importlib.import_module(package).Client(base_url="http://nowhere", httpx_args=arguments)


def call(users: Users, operation: str) -> Any:
    """One request of an operation, whatever it says."""
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation)
    who = () if operation in ("createUser", "listUsers") else (NOBODY,)
    bodies = {"createUser": users.new(), "updateUser": users.changes(age=1), "patchUser": users.changes(age=1)}
    return getattr(users, name)(*who, **({"body": bodies[operation]} if operation in bodies else {}))


@pytest.fixture
def old_package(tmp_path: Path) -> Iterator[str]:
    """The client of a contract that asks for one of three members by `anyOf`, as this one once did."""
    tree = contract()
    changes = tree["components"]["schemas"]["UserChanges"]
    del changes["minProperties"]
    changes["anyOf"] = [{"required": [name]} for name in ("name", "email", "age")]
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(tree))
    generated(tmp_path, "old_users_client", "--path", str(tmp_path / "openapi.yaml"))
    yield "old_users_client"
    sys.path.remove(str(tmp_path))


def test_a_contract_that_breaks_the_client_is_noticed(old_package, api):
    users = connected(old_package, api)
    with pytest.raises((AttributeError, TypeError, AssertionError)):
        test_a_user_is_created_read_changed_and_deleted(users)
