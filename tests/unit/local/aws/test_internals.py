"""What is used of ministack's insides stands in three files, and what a version lacks is said in one sentence."""

from __future__ import annotations

import ast
import sys
import time
from importlib.metadata import version
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import ClassVar

import pytest

from local.aws.emulator import internals, internals_of_pools, internals_of_recovery
from local.aws.emulator.errors import AWSError
from local.aws.functions import PAUSE_SECONDS
from local.aws.start import start
from tools.imports import imports

ROOT = Path(__file__).resolve().parents[4]
ADAPTERS = tuple(Path(str(it.__file__)) for it in (internals, internals_of_pools, internals_of_recovery))
FOLDERS = ("local", "tools", "benchmarks", "tests")
OF_STORES = ("_data", "_scoped")
MADE = (internals.App, internals.DynamoDB, internals.Lambda, internals_of_pools.Pools, internals_of_recovery.Recovery)


def taken() -> set[str]:
    """The names that the adapters look up, by their own text."""
    found = set(internals.STORES) | {"_proxy_url_for", "_execute_function_proxy"}
    for node in (node for file in ADAPTERS for node in ast.walk(ast.parse(file.read_text()))):
        match node:
            case ast.Call(func=ast.Attribute(attr="take"), args=[ast.Constant(value=str(name))]):
                found.add(name)
            case ast.Attribute(value=ast.Name(id="module"), attr=name, ctx=ast.Store()):
                found.add(name)
    return found


PRIVATE = {name for name in {*taken(), *OF_STORES} if name.startswith("_")}


def touches(source: str) -> list[str]:
    """What a file that is not an adapter does with ministack's insides."""
    named = {name for node in ast.walk(ast.parse(source)) for name in names_in(node)}
    modules = {it.module for it in imports(source)}
    return [
        *(f"{name} of ministack" for name in sorted(named & PRIVATE)),
        *(f"imports {name}" for name in sorted(modules) if name.split(".")[0] == "ministack"),
    ]


# It asks the evaluator of policies that ministack itself asks.
JUDGE = ROOT / "tests/support/policies.py"


def names_in(node: ast.AST) -> set[str]:
    """Attributes of others, and strings, which may be the names of attributes."""
    match node:
        case ast.Attribute(value=ast.Name(id="self" | "cls")):
            return set()
        case ast.Attribute(attr=name) | ast.Constant(value=str(name)):
            return {name}
    return set()


@pytest.mark.parametrize(
    "path",
    [
        path
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path not in (*ADAPTERS, JUDGE, Path(__file__))
    ],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_no_other_file_touches_them(path):
    assert touches(path.read_text()) == []


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("dynamodb._set_item(table, key, sort, item)", "_set_item of ministack"),
        ('setattr(dynamodb, "_tables", {})', "_tables of ministack"),
        ("store._data.clear()", "_data of ministack"),
        ("entries(store)._scoped", "_scoped of ministack"),
        ("def f():\n    import ministack.app", "imports ministack.app"),
        ("from ministack.core import router", "imports ministack.core"),
    ],
)
def test_what_touches_them_is_found(source, complaint):
    assert touches(source) == [complaint]


class Store:
    """A store of ministack's, as far as the adapter looks into it."""

    _data: ClassVar[dict[str, object]] = {}

    def _scoped(self, key: str) -> tuple[str, str, str]:
        return "", "", key


@pytest.fixture
def like_ministack(monkeypatch):
    """Modules in the place of ministack's that have every name that is taken."""
    core = ("core.persistence", "core.responses", "core.router")
    services = ("services.cognito", "services.dynamodb", "services.lambda_svc", "services.sqs")
    names = ("app", *core, *services)
    modules = {f"ministack.{name}": ModuleType(f"ministack.{name}") for name in names}
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
        vars(module).update(dict.fromkeys(taken(), Store()))
    return modules


def make_all() -> None:
    for kind in MADE:
        kind()


def test_what_has_every_name_is_taken(like_ministack):
    make_all()


@pytest.mark.parametrize("name", sorted(taken()))
def test_a_name_that_is_missing_is_told(like_ministack, name):
    for module in like_ministack.values():
        delattr(module, name)
    with pytest.raises(AWSError, match=rf"^ministack [\d.]+ has no ministack\.[\w.]+\.{name}, .*; install the version"):
        make_all()


@pytest.mark.parametrize("name", OF_STORES)
def test_a_store_of_another_make_is_told(like_ministack, monkeypatch, name):
    monkeypatch.delattr(Store, name)
    with pytest.raises(AWSError, match=rf"has no Store\.{name}, "):
        make_all()


def test_a_module_that_is_missing_is_told(like_ministack, monkeypatch):
    monkeypatch.setitem(sys.modules, "ministack.app", None)
    with pytest.raises(AWSError, match=r"has no ministack\.app, "):
        internals.App()


def test_the_start_says_what_is_missing(tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import ministack.services.dynamodb as it\ndel it._set_item\n")
    with pytest.raises(
        AWSError, match=rf"^ministack {version('ministack')} has no ministack.services.dynamodb._set_item"
    ):
        start(tmp_path / "data", settings={"PYTHONPATH": str(tmp_path)})


class Woken:
    """The event that wakes the poller of event sources: set, each time."""

    def clear(self) -> None:
        """Nothing."""

    def wait(self, _seconds: float) -> bool:
        return True


def test_the_poller_that_was_woken_for_nothing_pauses_as_long_as_it_is_told(monkeypatch):
    lambda_service = internals.Lambda()
    module, pauses = lambda_service.module.itself, []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        raise KeyboardInterrupt  # ends the loop

    monkeypatch.setattr(module, "_ESM_IDLE_WAKE_GAP_SECONDS", 0.05)  # undone afterwards
    monkeypatch.setattr(module, "_esm_wake", Woken())
    monkeypatch.setattr(module, "time", SimpleNamespace(sleep=pause, time=time.time))
    lambda_service.pause_by(PAUSE_SECONDS)
    with pytest.raises(KeyboardInterrupt):
        module._poll_loop()
    assert pauses == [PAUSE_SECONDS]


def test_what_they_do_was_looked_at_in_the_pinned_version():
    assert version("ministack") == "1.5.33", (
        "look at all that local/aws/emulator/internals*.py replace, then change this"
    )
