"""What is imported is declared: each package stands in a list of requirements/, not only in what another one needs."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import jwt
import pytest

ROOT = Path(__file__).resolve().parents[2]
LISTS = {  # what each tree may import
    "local": ["run"],
    "tools": ["run"],
    "operate": ["run"],
    "benchmarks": ["run", "bench"],
    "cli": ["cli"],
    "tests": ["run", "dev", "static", "cli"],
}
MEANT = {"a_module_that_is_not_there"}  # by tests/local/functions/broken.py


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def declared(name: str) -> frozenset[str]:
    """The packages that a list names itself."""
    lines = (ROOT / "requirements" / f"{name}.in").read_text().splitlines()
    return frozenset(normal(found[0]) for line in lines if (found := re.match(r"\w[\w.-]*", line)))


def imported(source: str) -> set[str]:
    """The first part of every module that is imported, wherever it stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
    return found


@cache
def installed() -> dict[str, list[str]]:
    """The packages that hold each module."""
    return dict(packages_distributions())


@cache
def ours() -> frozenset[str]:
    """Modules of the project: its trees, what lies in src/, and what a benchmark's function has beside it."""
    parts = [*(ROOT / "src").iterdir(), *(ROOT / "benchmarks").rglob("*.py")]
    return frozenset({*LISTS, "users_cli", *(path.stem for path in parts)})


def undeclared(tree: str, source: str) -> list[str]:
    """Imports of a file that no list of its tree declares."""
    packages = set().union(*(declared(name) for name in LISTS[tree]))
    foreign = imported(source) - sys.stdlib_module_names - ours() - MEANT
    return sorted(
        module for module in foreign if not {normal(name) for name in installed().get(module, [module])} & packages
    )


@pytest.mark.parametrize("tree", LISTS)
def test_what_is_imported_is_declared(tree: str) -> None:
    found = {str(path): undeclared(tree, path.read_text()) for path in (ROOT / tree).rglob("*.py")}
    assert {path: modules for path, modules in found.items() if modules} == {}


def test_what_uvicorn_is_told_to_use_is_declared() -> None:
    """By name, so that no import shows it."""
    told = re.findall(r'"(?:http|ws)": "(\w+)"', (ROOT / "local" / "aws" / "server.py").read_text())
    assert set(told) <= declared("run")
    assert len(told) == 2


TOKEN = """
import importlib.abc, json, sys

class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in sys.argv[1:]:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Missing())
from ministack.services import cognito
key = cognito._pool_signing_key("us-east-1_Ab12Cd34E", "id")[1] or cognito._JWKS_KEY
print(json.dumps([cognito._signed_jwt({"sub": "ada"}, "us-east-1_Ab12Cd34E", "id"), key]))
"""


def test_the_packages_of_make_run_suffice_to_sign_tokens_of_a_user_pool(tmp_path: Path) -> None:
    """Without cryptography, ministack puts random bytes into its tokens, and no authorizer accepts them."""
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    names = {normal(name) for name in locked}
    absent = [module for module, owners in installed().items() if not {normal(owner) for owner in owners} & names]
    environment = {**os.environ, "STATE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", TOKEN, *absent]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    token, key = json.loads(said)
    assert jwt.decode(token, jwt.PyJWK(key), algorithms=["RS256"]) == {"sub": "ada"}


@pytest.mark.parametrize("name", ["run", "dev", "static", "sam", "bench", "cli"])
def test_a_list_is_sorted_and_its_packages_are_pinned(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.in").read_text()
    lines = [line for line in text.splitlines() if line[0] not in "#-"]
    assert lines == sorted(lines, key=str.lower)
    pinned = ROOT / ("requirements.txt" if name == "run" else f"requirements/{name}.txt")
    packages = re.findall(r"^([\w.-]+)==", pinned.read_text(), re.MULTILINE)
    assert declared(name) - {normal(package) for package in packages} == set()


@pytest.mark.parametrize(
    ("tree", "source", "missing"),
    [
        ("local", "import anyio", ["anyio"]),
        ("local", "def late():\n    from hypothesis import given", ["hypothesis"]),
        ("tests", "import yaml, hypothesis, local.serve, dynamodb, os.path", []),
        ("tests", "import attrs.validators", ["attrs"]),
        ("benchmarks", "from chalice import Chalice", []),
        ("cli", "import httpx, users_cli.app", []),
        ("cli", "import boto3", ["boto3"]),
        ("tools", "import not_installed_anywhere", ["not_installed_anywhere"]),
    ],
)
def test_an_import_that_nobody_declares_is_noticed(tree: str, source: str, missing: list[str]) -> None:
    assert undeclared(tree, source) == missing
