"""What is deployed weighs little."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from benchmarks.ground.interpreter import Interpreter
from benchmarks.peers.packages import Package, source_files
from benchmarks.peers.table import SOURCE
from tests.budgets.budgets import ARTIFACT_BYTES, CAPABILITIES, SOURCE_ZIP_BYTES

PREFIXES = {name: it.prefixes for name, it in CAPABILITIES.items()}


def largest(sizes: dict[str, int]) -> str:
    return ", ".join(f"{name} {size}" for name, size in sorted(sizes.items(), key=lambda pair: -pair[1])[:5])


def sizes_in(archive: Path) -> dict[str, int]:
    """Bytes of each file of a zip, which has a name twice and two headers, of 30 and 46 bytes."""
    with zipfile.ZipFile(archive) as opened:
        return {entry.filename: entry.compress_size + 2 * len(entry.filename) + 76 for entry in opened.infolist()}


def test_the_deployed_zip_keeps_to_its_budget(python: Interpreter, ours: Package):
    archive = python.home / "packages" / "ours" / "artifact" / "functions.zip"
    sizes = sizes_in(archive)
    optional = {name: size for name, size in sizes.items() if any(map(name.startswith, PREFIXES.values()))}
    sources = {name: size for name, size in sizes.items() if not name.endswith(".pyc") and name not in optional}
    assert sum(sources.values()) <= SOURCE_ZIP_BYTES, f"sources over budget; the largest: {largest(sources)}"
    rest = archive.stat().st_size - sum(optional.values())
    assert rest <= ARTIFACT_BYTES, f"the zip without capabilities is over budget; the largest: {largest(sizes)}"


@pytest.mark.parametrize("name", CAPABILITIES)
def test_a_capability_keeps_to_its_budget(python: Interpreter, ours: Package, name: str):
    sizes = sizes_in(python.home / "packages" / "ours" / "artifact" / "functions.zip")
    own = {file: size for file, size in sizes.items() if file.startswith(PREFIXES[name])}
    assert CAPABILITIES[name].size * 0.8 <= sum(own.values()) <= CAPABILITIES[name].size, largest(own)


def test_the_deployed_zip_holds_every_file_of_the_functions(python: Interpreter, ours: Package):
    with zipfile.ZipFile(python.home / "packages" / "ours" / "artifact" / "functions.zip") as opened:
        names = set(opened.namelist())
    missing = {path.relative_to(SOURCE).as_posix() for path in source_files(SOURCE)} - names
    assert not missing, f"not in the zip: {', '.join(sorted(missing))}"
