"""Which room of which folder may import which, no circle anywhere, and the picture of it in ARCHITECTURE.md.

The rooms under src/ have rules of their own beside these: test_architecture.py and test_rooms.py.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tools import marks, rooms
from tools.floor_plan import drawn
from tools.imports import Graph, arrows, circles, floors, grouped, imports

MODULES = rooms.modules()
MOST_LINES = 38  # of a function of the local runtime and of programs; the style says to pause at 25

# A room may import those named here, and itself.
ROOMS: dict[str, set[str]] = {
    "local.serve": {
        *("local.web", "local.runtime", "local.support", "local.screen", "local.gateway", "local.gateway.access"),
        *("local.stack", "local.aws", "local.aws.emulator", "local.functions", "local.template", "local.console"),
        *("local.contract", "local.options", "local.reload", "local.wire", "local.proxies", "local.examine"),
    },
    "local.examine": {
        *("local.support", "local.gateway.front", "local.gateway", "local.gateway.access", "local.stack"),
        *("local.functions", "local.template"),
    },
    "local.options": {"local.template", "local.wire"},
    "local.reload": {"local.template", "local.console"},
    "local.runtime": {
        *("local.screen", "local.gateway.front", "local.gateway.access", "local.gateway", "local.aws", "local.web"),
        *("local.functions", "local.template", "local.wire", "local.console", "local.flushing", "local.contract"),
    },
    "local.contract": {"local.template", "local.generated", "local.console"},
    "local.token": {"local.stack", "local.direct"},
    "local.demo": {"local.stack", "local.token"},
    "local.web": {"local.contract", "local.gateway", "local.stack", "local.wire", "local.console", "local.direct"},
    "local.support": {"local.gateway", "local.gateway.vtl", "local.stack", "local.template"},
    "local.screen": {"local.gateway.front", "local.gateway", "local.functions", "local.console", "local.wire"},
    "local.gateway.front": {
        *("local.gateway.access", "local.gateway", "local.functions", "local.wire", "local.private"),
    },
    "local.gateway.access": {
        *("local.gateway", "local.functions", "local.template", "local.private", "local.direct"),
    },
    "local.gateway": {"local.gateway.vtl", "local.template", "local.wire"},
    "local.gateway.vtl": set(),
    "local.functions": {"local.template", "local.wire", "local.console", "local.proxies"},
    "local.stack": {"local.template"},
    "local.aws": {
        *("local.aws.emulator", "local.aws.tables", "local.journal", "local.wire", "local.private", "local.proxies"),
    },
    "local.aws.tables": {"local.aws.emulator", "local.journal"},
    "local.aws.emulator": set(),
    "local.journal": set(),
    "local.template": {"local.generated"},
    "local.generated": set(),
    "local.wire": set(),
    "local.console": set(),
    "local.flushing": set(),
    "local.private": set(),
    "local.direct": set(),
    "local.proxies": set(),
    "tools": {
        *("tools.bare", "local.template", "local.generated"),
        *("local.contract", "local.web"),  # the pages on AWS are those of `make run`
    },
    "tools.bare": {"local.generated"},
    "operate": {"src"},
    "benchmarks": {
        *("benchmarks.ground", "benchmarks.stage", "benchmarks.cold_start", "benchmarks.capacity"),
        *("benchmarks.local_server", "benchmarks.report", "local.proxies"),
    },
    "benchmarks.cold_start": {"benchmarks.ground", "benchmarks.peers", "benchmarks.stage"},
    "benchmarks.capacity": {
        *("benchmarks.ground", "benchmarks.peers", "benchmarks.stage", "src", "local.aws"),
        *("local.functions", "local.stack", "local.template"),
    },
    "benchmarks.local_server": {
        *("benchmarks.ground", "benchmarks.peers", "benchmarks.stage", "benchmarks.capacity"),
        *("src", "local.aws", "local.proxies", "local.stack", "local.template"),
    },
    "benchmarks.report": {"benchmarks.ground", "benchmarks.peers", "tools", "local.template"},
    "benchmarks.stage": {"benchmarks.ground", "benchmarks.peers", "src", "local.aws", "local.stack"},
    "benchmarks.peers": {"benchmarks.ground", "tools", "tools.bare"},
    "benchmarks.ground": {"tools", "tools.bare"},
    "benchmarks.peers.functions": set(),
    "users_cli.__main__": {"users_cli.app"},
    "users_cli.app": {"users_cli.commands", "users_cli"},
    "users_cli.commands": {"users_cli"},
    "users_cli": set(),  # it is a client: no code of the project but its own
    "tests.support": {"src", "local.aws", "local.template", "tools", "tools.bare", "benchmarks", "benchmarks.stage"},
    "src": set(),
}
FRONT = ("local.gateway.rest_api", "local.gateway.access_log")  # what is before the rest of the gateway
# Run by a bare python3, before anything is installed: the standard library, each other, and one module of the runtime.
BARE_GROUND = ("local", ("generated",))
BARE = (
    *("tools.install", "tools.artifact", "tools.sbom", "tools.deployment", "tools.isolation", "tools.lock"),
    "tools.layer",
    "tools.second_region",
    "tools.programs",
)


def room(module: str) -> str:
    """The room of a module: "" where there are no rules, as for most tests; its own name where nobody gave one."""
    if module in FRONT:
        return "local.gateway.front"
    if module in BARE:
        return "tools.bare"
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        if (name := ".".join(parts[:length])) in ROOMS:
            return name
    if rooms.tree(module) == "src":
        return "src"
    return "" if parts[0] == "tests" or module == "local" else module


def breaches(graph: Graph) -> list[str]:
    """Every import that no rule allows."""
    return [
        f"{module} imports {target}"
        for module, targets in sorted(graph.items())
        for target in sorted(targets)
        if room(module) and room(target) != room(module) and not allowed(room(module), target)
    ]


def allowed(importer: str, target: str) -> bool:
    """Whether a room may import a module."""
    return room(target) in ROOMS.get(importer, set()) or target == "local"  # whose own file is empty


def not_bare(module: str, source: str) -> list[str]:
    """What a tool imports that a bare python3 does not have, of those that must do with it."""
    found = {it.module.split(".")[0] for it in imports(source, "tools") if (it.module, it.names) != BARE_GROUND}
    return sorted(found - sys.stdlib_module_names - {"tools"}) if module in BARE else []


GRAPH = arrows(MODULES)


def test_every_import_goes_where_it_may():
    assert breaches(GRAPH) == []


def test_every_room_is_known():
    assert {room(module) for module in GRAPH} - {""} <= set(ROOMS)
    assert set(ROOMS) <= {room(module) for module in GRAPH}, "a rule for a room that is not there"


def test_no_modules_import_each_other_in_a_circle():
    """Neither when they run nor for the type checker."""
    assert circles(GRAPH) == []


def test_no_rooms_import_each_other_in_a_circle():
    """Which rooms can where no two modules do."""
    assert circles(grouped(GRAPH, room)) == []


def test_the_rules_themselves_lead_no_way_back():
    assert len(floors(ROOMS)) > 5


@pytest.mark.parametrize("module", BARE)
def test_what_runs_before_anything_is_installed_needs_nothing(module):
    assert not_bare(module, MODULES[module].read_text()) == []


def planted(folder: Path, module: str, source: str) -> dict[str, Path]:
    """All modules, with an import more in one of them, or with a module more."""
    known = MODULES.get(module)
    path = folder / (known.name if known else f"{module.rpartition('.')[2]}.py")
    path.write_text(f"{known.read_text() if known else ''}\n{source}\n")
    return {**MODULES, module: path}


@pytest.mark.parametrize(
    ("module", "source", "breach"),
    [
        ("local.wire.ids", "from local.console import say", "local.wire.ids imports local.console"),
        ("local.template.source", "from local.stack import tables", "local.template.source imports local.stack.tables"),
        ("local.journal.log", "import local.aws.store", "local.journal.log imports local.aws.store"),
        ("local.aws.gate", "from local.functions import host", "local.aws.gate imports local.functions.host"),
        ("local.stack.tables", "import local.aws.start", "local.stack.tables imports local.aws.start"),
        ("local.functions.host", "from local.gateway import api", "local.functions.host imports local.gateway.api"),
        ("local.gateway.routes", "import local.screen", "local.gateway.routes imports local.screen"),
        ("local.gateway.api", "import local.gateway.rest_api", "local.gateway.api imports local.gateway.rest_api"),
        (
            "local.gateway.vtl.values",
            "import local.gateway.mapping",
            "local.gateway.vtl.values imports local.gateway.mapping",
        ),
        ("local.screen", "def f():\n    import local.serve", "local.screen imports local.serve"),
        ("local.runtime", "import tools.sbom", "local.runtime imports tools.sbom"),
        ("local.wire.server", "import users.model", "local.wire.server imports users.model"),
        ("tools.roles", "from local import console", "tools.roles imports local.console"),
        ("tools.sbom", "import tools.roles", "tools.sbom imports tools.roles"),
        ("operate.database", "import local.stack.calls", "operate.database imports local.stack.calls"),
        ("benchmarks.growth", "import operate.database", "benchmarks.growth imports operate.database"),
        (
            "benchmarks.ground.figures",
            "import benchmarks.stage.stub",
            "benchmarks.ground.figures imports benchmarks.stage.stub",
        ),
        ("benchmarks.report.tables", "import tools.install", "benchmarks.report.tables imports tools.install"),
        ("tests.support.tables", "import tests.api.test_users", "tests.support.tables imports tests.api.test_users"),
        ("users.model", "import tools.marks", "users.model imports tools.marks"),
        ("users_cli.client", "from users.model import FIELDS", "users_cli.client imports users.model"),
        ("users_cli.journal", "import users_cli.commands.files", "users_cli.journal imports users_cli.commands.files"),
        ("local.queues.poll", "import local.aws.store", "local.queues.poll imports local.aws.store"),
        (
            "local.console",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import local.screen",
            "local.console imports local.screen",
        ),
    ],
)
def test_an_import_of_what_it_may_not_is_found(tmp_path, module, source, breach):
    assert breach in breaches(arrows(planted(tmp_path, module, source)))


@pytest.mark.parametrize(
    ("module", "source", "circle"),
    [
        ("local.wire.messages", "import local.wire.server", ("local.wire.messages", "local.wire.server")),
        (
            "local.aws.tables.records",
            "def f():\n    import local.aws.store",
            ("local.aws.tables.records", "local.aws.store"),
        ),
        ("tools.marks", "import tools.roles", ("tools.marks", "tools.roles")),
        (
            "operate.database",
            "from operate.records import copy_users",
            ("operate.records.copy_users", "operate.database"),
        ),
        (
            "local.aws.emulator.errors",
            "import tests.support.emulator",
            ("local.aws.emulator.errors", "tests.support.emulator"),
        ),
        (
            "users.errors",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import users.model",
            ("users.errors", "users.model"),
        ),
    ],
)
def test_a_circle_is_found(tmp_path, module, source, circle):
    found = circles(arrows(planted(tmp_path, module, source)))
    assert any(set(circle) <= set(group) for group in found)


def test_a_room_without_a_rule_is_found(tmp_path):
    graph = arrows(planted(tmp_path, "local.queues.poll", ""))
    assert "local.queues.poll" in {room(module) for module in graph} - set(ROOMS)


@pytest.mark.parametrize("source", ["import yaml", "from local.template import source", "def f():\n    import boto3"])
def test_a_tool_that_needs_more_than_python_is_found(source):
    assert not_bare("tools.install", source) != []


def long_functions(source: str) -> Mapping[str, int]:
    """The functions of a source that take more lines than MOST_LINES, with their number."""
    nodes = [it for it in ast.walk(ast.parse(source)) if isinstance(it, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = {node.name: (node.end_lineno or node.lineno) - node.lineno + 1 for node in nodes}
    return {name: length for name, length in lengths.items() if length > MOST_LINES}


@pytest.mark.parametrize(
    "module", [module for module in MODULES if module.startswith(("local.", "tools.", "operate.", "users_cli."))]
)
def test_a_function_of_the_local_runtime_or_the_tools_can_be_taken_in_at_a_glance(module):
    assert long_functions(MODULES[module].read_text()) == {}


def test_a_long_function_is_found():
    assert long_functions("def f():\n" + "    x = 1\n" * MOST_LINES) == {"f": MOST_LINES + 1}


def test_the_picture_and_its_words_are_those_of_the_code():
    panels = rooms.panels()
    assert rooms.PICTURE.read_text() == drawn(panels), "run: python -m tools.rooms --write"
    page = (rooms.ROOT / "ARCHITECTURE.md").read_text()
    assert marks.between(page, "rooms") == rooms.in_words(panels), "run: python -m tools.rooms --write"
