"""Sign-in: the rule on each handler's last line is what the contract says of its operation."""

from __future__ import annotations

import ast
from functools import cache
from typing import Any

import pytest

import guard
from local.template.transform import ROOT
from tests.template.stack import actual, contract
from tests.template.test_contract import WITH_ALL

METHODS = ("get", "put", "post", "patch", "delete")
ANYONE, PERSON = "anyone", "person"


def rules_in(source: str) -> list[str]:
    """The rules that a handler runs under: the names after the action in `guarded` and `permitted`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("guarded", "permitted"):
            rule = node.args[1]
            found.append(rule.id if isinstance(rule, ast.Name) else "")
    return found


@cache
def sources() -> dict[str, str]:
    """The source of the handler of each function, with every capability and sign-in on."""
    resources = actual().resolved(**WITH_ALL, SignIn="true", Health="true")["Resources"]
    handlers = {
        name: str(block["Properties"]["Handler"])
        for name, block in resources.items()
        if block["Type"] == "AWS::Lambda::Function"
    }
    return {
        name: (ROOT / "src" / f"{handler.removesuffix('.lambda_handler').replace('.', '/')}.py").read_text()
        for name, handler in handlers.items()
    }


def complaints(definition: dict[str, Any], of: dict[str, str]) -> list[str]:
    """One sentence for each operation whose rule is missing, or other than its scopes."""
    found = []
    for path, item in definition["paths"].items():
        for method in METHODS:
            if method in item:
                operation, name = item[method], f"{method.upper()} {path}"
                found += [f"{name}: {each}" for each in of_one(operation, of[operation["x-lambda"]["function"]])]
    return found


def of_one(operation: dict[str, Any], source: str) -> list[str]:
    rules, callers = rules_in(source), operation["x-lambda"]["callers"]
    scopes = {scope for each in operation["security"] for scope in each.get("signIn", [])}
    if callers == ANYONE:
        return [] if (rules, scopes) == ([], set()) else ["it is for anyone, and yet has a rule or scopes"]
    if len(rules) != 1:
        return ["its handler has no rule"]
    rule = set(getattr(guard, rules[0]).split())
    if callers == PERSON:
        return [] if scopes == {guard.SELF} <= rule else ["it is not for people alone"]
    return [] if rule == scopes else [f"its rule has {sorted(rule)}, and it names {sorted(scopes)}"]


def test_the_rule_of_a_handler_is_what_the_contract_says():
    assert complaints(contract(), sources()) == []


@pytest.mark.parametrize(
    ("path", "method", "security"),
    [
        ("/users", "get", [{"apiKey": []}]),
        ("/users", "post", [{"signIn": ["users/read"]}, {"signIn": ["users/admin"]}]),
        ("/users/{userId}", "delete", [{"signIn": ["users/write"]}, {"signIn": ["users/admin"]}]),
        ("/users/me", "get", [{"signIn": ["users/self"]}, {"signIn": ["users/read"]}]),
        ("/webhooks", "post", []),
    ],
)
def test_other_scopes_are_noticed(path, method, security):
    changed = contract()
    changed["paths"][path][method]["security"] = security
    [said] = complaints(changed, sources())
    assert said.startswith(f"{method.upper()} {path}: ")


@pytest.mark.parametrize("function", [name for name, source in sources().items() if rules_in(source)])
def test_a_handler_without_its_rule_is_noticed(function):
    handlers = dict(sources())
    handlers[function] = handlers[function].replace("permitted(", "print(").replace("guarded(", "print(")
    assert any(said.endswith("has no rule") for said in complaints(contract(), handlers))


def test_every_operation_says_who_may_call_it():
    """What the whole contract says holds for an operation that says nothing, so a new one would ask for no scope."""
    for path, item in contract()["paths"].items():
        for method in METHODS:
            assert method not in item or "security" in item[method], f"{method.upper()} {path}"
