"""Packages: what is in them, and bytecode that is valid or dead."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest

from benchmarks.ground.interpreter import Interpreter, real_path
from benchmarks.peers import packages
from benchmarks.peers.table import EMPTY, PEERS, Peer


@pytest.fixture
def python(tmp_path: Path) -> Interpreter:
    return Interpreter(real_path(Path(sys.executable)), sys.version.split()[0], tmp_path, tmp_path)


def compiled_again(python: Interpreter, folder: Path) -> bool:
    """Whether importing app.py from a folder compiles it, bytecode or not."""
    code = (
        "import builtins; real = builtins.compile; import importlib._bootstrap_external as b; found = []; "
        "b.SourceLoader.source_to_code = lambda self, data, path, **k: found.append(path) or real(data, path, 'exec'); "
        "import app; print(len(found))"
    )
    done = subprocess.run(
        [str(python.python), "-s", "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONDONTWRITEBYTECODE": "1"},
    )
    return done.stdout.strip() != "0"


def test_byte_code_is_valid_as_installed_and_dead_from_a_zip_with_fixed_dates(python):
    built = packages.build(EMPTY, python)
    assert list(built.live.rglob("*.pyc"))
    assert list(built.dead.rglob("*.pyc"))
    assert not compiled_again(python, built.live)
    assert compiled_again(python, built.dead)


def test_a_package_is_built_again_only_when_a_file_of_it_changes(python, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "app.py").write_text("x = 1\n")
    peer = Peer("changing", "changing", {"get": "app.x"}, (source,))
    first = packages.build(peer, python)
    stamp = (first.live / "app.py").stat().st_ctime_ns
    assert packages.build(peer, python).live.joinpath("app.py").stat().st_ctime_ns == stamp
    (source / "app.py").write_text("x = 2\n")
    assert (packages.build(peer, python).live / "app.py").read_text() == "x = 2\n"


def test_a_package_brings_all_that_it_requires_and_no_extras():
    found = {packages.normal(item.metadata["Name"]): item for item in metadata.distributions()}
    assert {"pytest", "pluggy"} <= set(packages.closure(found, ("pytest",), frozenset()))
    assert packages.closure(found, ("pytest",), frozenset(["pytest"])) == ["pytest"]


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_every_handler_of_a_peer_is_a_file_of_its_package(peer):
    for handler in peer.handlers.values():
        path = handler.rpartition(".")[0].replace(".", "/") + ".py"
        assert any((folder / path).is_file() for folder in peer.sources), handler


def test_a_peer_is_compiled_as_ours_is_unless_it_asks_for_what_pip_leaves(python):
    """Flags 1 in the second word: a hash that nothing checks (PEP 552). 0: the date of the source."""
    built = [packages.build(replace(EMPTY, name=f"empty-{pip}", as_pip_compiles=pip), python) for pip in (False, True)]
    flags = [next(one.live.rglob("app.*.pyc")).read_bytes()[4] for one in built]
    assert flags == [1, 0]


def test_versions_are_those_installed_for_the_peers(python):
    installed = replace(python, site=Path(pytest.__file__).parent.parent)
    assert packages.versions(installed, ["pytest", "nothing-of-that-name"]) == {"pytest": metadata.version("pytest")}
