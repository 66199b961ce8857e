"""Which folder of the benchmarks may import which, and no circle anywhere."""

from __future__ import annotations

import pytest

from tests.docs.pages import ROOT
from tools.imports import Graph, arrows, circles, files, grouped

# A folder may import those named here, and itself.
ROOMS: dict[str, set[str]] = {
    "ground": set(),
    "peers": {"ground"},
    "stage": {"ground", "peers"},
    "cold_start": {"ground", "peers", "stage"},
    "capacity": {"ground", "peers", "stage"},
    "local_server": {"ground", "peers", "stage", "capacity"},
    "report": {"ground", "peers"},
    "__main__": {"ground", "peers", "stage", "cold_start", "capacity", "local_server", "report"},
}
HANDLERS = "benchmarks.peers.functions"  # what the peers deploy: no part of this project's imports
GRAPH = {name: found for name, found in arrows(files(ROOT, "benchmarks")).items() if not name.startswith(HANDLERS)}


def room(module: str) -> str:
    """The folder of a module; "" for the package itself, which is empty."""
    return module.split(".")[1] if "." in module else ""


def breaches(graph: Graph) -> list[str]:
    """Every import from folder to folder that no rule allows."""
    rooms = grouped(graph, room)
    return [f"{name} imports {other}" for name in sorted(rooms) for other in sorted(rooms[name] - ROOMS[name])]


def test_every_import_goes_where_it_may():
    assert breaches(GRAPH) == []


def test_every_folder_is_known():
    assert {room(module) for module in GRAPH} - {""} == set(ROOMS)


def test_nothing_imports_itself_by_way_of_others():
    assert circles(GRAPH) == []
    assert circles(ROOMS) == []


def test_the_peers_handlers_import_nothing_of_the_project():
    for name, path in files(ROOT, "benchmarks").items():
        assert not name.startswith(HANDLERS) or "benchmarks" not in path.read_text()


@pytest.mark.parametrize(
    ("importer", "imported", "breach"),
    [
        ("benchmarks.ground.figures", "benchmarks.stage.stub", "ground imports stage"),
        ("benchmarks.report.tables", "benchmarks.cold_start.run", "report imports cold_start"),
        ("benchmarks.cold_start.run", "benchmarks.report.tables", "cold_start imports report"),
    ],
)
def test_an_import_against_the_direction_is_found(importer, imported, breach):
    assert breaches({**GRAPH, importer: GRAPH[importer] | {imported}}) == [breach]
