"""Changes of the contract that break clients are found, and those that do not are let through."""

from __future__ import annotations

import copy
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.openapi import breaking
from tools.openapi.breaking import Comparison

Tree = dict[str, Any]
pytestmark = pytest.mark.needs("git")
CONTRACT: Tree = yaml.load((breaking.ROOT / "openapi.yaml").read_text(), yaml.CSafeLoader)
USERS, USER = "/users", "/users/{userId}"


def schema(tree: Tree, name: str) -> Tree:
    return dict.__getitem__(tree["components"]["schemas"], name)


def operation(tree: Tree, path: str, method: str) -> Tree:
    return dict.__getitem__(tree["paths"][path], method)


def limit_of(tree: Tree) -> Tree:
    blocks = [breaking.Definition(tree).follow(each) for each in operation(tree, USERS, "get")["parameters"]]
    [found] = [block for block in blocks if block["name"] == "limit"]
    return dict.__getitem__(found, "schema")


def required(tree: Tree, name: str) -> list[str]:
    found: list[str] = schema(tree, name).setdefault("required", [])
    return found


NEW = {"name": "zone", "in": "query", "schema": {"type": "string"}}
BREAKS: dict[str, tuple[Callable[[Tree], Any], str]] = {
    "a path": (lambda it: it["paths"].pop(USER), f"DELETE {USER}: the operation is gone"),
    "a method": (lambda it: it["paths"][USER].pop("delete"), f"DELETE {USER}: the operation is gone"),
    "security": (lambda it: operation(it, USERS, "post").update(security=[{"signIn": ["users/admin"]}]), "refused"),
    "security where there was none": (
        lambda it: operation(it, "/health", "get").update(security=[{"apiKey": []}]),
        "callers with nothing are refused",
    ),
    "a new parameter": (lambda it: operation(it, USERS, "get")["parameters"].append({**NEW, "required": True}), "zone"),
    "no parameter": (lambda it: operation(it, USERS, "get")["parameters"].pop(), "is gone"),
    "a limit": (lambda it: limit_of(it).update(maximum=10), "maximum is 10"),
    "a new limit": (lambda it: schema(it, "NewUser")["properties"]["email"].update(maxLength=10), "maxLength is 10"),
    "a member of a body": (lambda it: schema(it, "NewUser")["properties"].pop("age"), "age is refused"),
    "a required member": (lambda it: required(it, "NewUser").append("age"), "the body: age is required"),
    "null": (lambda it: schema(it, "NewUser")["properties"]["age"].pop("nullable"), "null is refused"),
    "a type": (lambda it: schema(it, "NewUser")["properties"]["age"].update(type="number"), "its type is another"),
    "a pattern": (lambda it: schema(it, "NewUser")["properties"]["name"].update(pattern="^a"), "its pattern"),
    "a value": (
        lambda it: schema(it, "NewWebhook")["properties"]["eventTypes"]["items"]["enum"].pop(),
        "UserDeleted is refused",
    ),
    "a status": (lambda it: operation(it, USERS, "post")["responses"].pop("201"), "there is no 201"),
    "a header": (lambda it: operation(it, USERS, "post")["responses"]["201"]["headers"].pop("Location"), "no Location"),
    "a member of a response": (lambda it: schema(it, "User")["properties"].pop("name"), "name is gone"),
    "a member that may be absent": (lambda it: required(it, "User").remove("name"), "name may be absent"),
    "null in a response": (lambda it: schema(it, "User")["properties"]["name"].update(nullable=True), "may be null"),
    "a value in a response": (
        lambda it: schema(it, "Webhook")["properties"]["status"]["enum"].append("paused"),
        "it may be paused",
    ),
    "no list of values": (lambda it: schema(it, "Webhook")["properties"]["status"].pop("enum"), "another value"),
}
HOLDS: dict[str, Callable[[Tree], Any]] = {
    "nothing": lambda it: None,
    "an operation more": lambda it: it["paths"].update({"/other": {"get": operation(it, USERS, "get")}}),
    "a parameter more": lambda it: operation(it, USERS, "get")["parameters"].append(NEW),
    "a wider limit": lambda it: limit_of(it).update(maximum=1000),
    "no limit": lambda it: limit_of(it).pop("maximum"),
    "an optional member": lambda it: schema(it, "NewUser")["properties"].update(phone={"type": "string"}),
    "a member in responses": lambda it: schema(it, "User")["properties"].update(phone={"type": "string"}),
    "a member that always comes": lambda it: required(it, "User").append("age"),
    "a value more in requests": lambda it: schema(it, "NewWebhook")["properties"]["status"]["enum"].append("paused"),
    "a value less in responses": lambda it: schema(it, "Webhook")["properties"]["status"]["enum"].pop(),
    "an error less": lambda it: operation(it, USERS, "post")["responses"].pop("409"),
    "another sentence": lambda it: operation(it, USERS, "post").update(summary="Make a user"),
    "one more way to prove who calls": lambda it: operation(it, USERS, "get")["security"].append({"signIn": ["other"]}),
}


def found(change: Callable[[Tree], Any]) -> list[str]:
    after = copy.deepcopy(CONTRACT)
    change(after)
    return Comparison(CONTRACT, after).found()


@pytest.mark.parametrize("name", BREAKS)
def test_what_breaks_clients_is_found(name):
    change, said = BREAKS[name]
    lines = found(change)
    assert any(said in line for line in lines), lines


@pytest.mark.parametrize("name", HOLDS)
def test_what_breaks_nobody_is_let_through(name):
    assert found(HOLDS[name]) == []


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with a release, v1.2.0, and one operation less since then."""

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
        subprocess.run(["git", "-C", str(tmp_path), *who, *arguments], check=True, capture_output=True)

    git("init", "-b", "main")
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump({"paths": {"/a": {"get": {"responses": {}}}}}))
    (tmp_path / "CHANGELOG.md").write_text("## [Unreleased]\n\n### Added\n\n- a\n\n## [1.2.0]\n\n### Breaking\n\n- b\n")
    git("add", ".")
    git("commit", "-m", "a")
    for tag in ("v1.10.0", "v1.9.0", "other"):
        git("tag", tag)
    (tmp_path / "openapi.yaml").write_text("paths: {}\n")
    return tmp_path


def test_the_last_release_is_the_newest_version(project):
    assert breaking.last_release(project) == "v1.10.0"


def test_a_change_that_is_not_declared_fails_and_a_declared_one_passes(project, capsys):
    assert breaking.main([], project) == 1
    said = capsys.readouterr().err
    assert "breaks clients of v1.10.0: GET /a: the operation is gone" in said
    assert '"### Breaking"' in said
    changelog = project / "CHANGELOG.md"
    line = "### Breaking\n\n- GET /a: the operation\n  is gone\n\n### Added"
    changelog.write_text(changelog.read_text().replace("### Added", line, 1))
    assert breaking.main([], project) == 0


def test_a_revision_without_a_contract_is_an_error(project, capsys):
    assert breaking.main(["--since", "nothing"], project) == 1
    assert "no openapi.yaml in nothing" in capsys.readouterr().err


def test_before_the_first_release_nothing_can_break(project, capsys, monkeypatch):
    monkeypatch.setattr(breaking, "last_release", lambda folder: "")
    assert breaking.main([], project) == 0
    assert "nothing is released yet" in capsys.readouterr().out
