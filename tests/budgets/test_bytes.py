"""What is deployed weighs little."""

from __future__ import annotations

import zipfile

from benchmarks.ground.interpreter import Interpreter
from benchmarks.peers.packages import Package, source_files
from benchmarks.peers.table import SOURCE
from tests.budgets.budgets import ARTIFACT_BYTES, CONSUMER_BYTES, OF_EVENTS, SOURCE_ZIP_BYTES


def largest(sizes: dict[str, int]) -> str:
    return ", ".join(f"{name} {size}" for name, size in sorted(sizes.items(), key=lambda pair: -pair[1])[:5])


def test_the_deployed_zip_keeps_to_its_budget(python: Interpreter, ours: Package):
    archive = python.home / "packages" / "ours" / "artifact" / "functions.zip"
    with zipfile.ZipFile(archive) as opened:
        sizes = {entry.filename: entry.compress_size for entry in opened.infolist()}
    sources = {
        name: size for name, size in sizes.items() if not name.endswith(".pyc") and not name.startswith(OF_EVENTS)
    }
    assert sum(sources.values()) <= SOURCE_ZIP_BYTES, f"sources over budget; the largest: {largest(sources)}"
    # a zip has a name twice and two headers, of 30 and 46 bytes
    consumers = {name: size + 2 * len(name) + 76 for name, size in sizes.items() if name.startswith(OF_EVENTS)}
    rest = archive.stat().st_size - sum(consumers.values())
    assert rest <= ARTIFACT_BYTES, f"the zip without consumers is over budget; the largest: {largest(sizes)}"
    assert sum(consumers.values()) <= CONSUMER_BYTES, f"consumers over budget; the largest: {largest(consumers)}"


def test_the_deployed_zip_holds_every_file_of_the_functions(python: Interpreter, ours: Package):
    with zipfile.ZipFile(python.home / "packages" / "ours" / "artifact" / "functions.zip") as opened:
        names = set(opened.namelist())
    missing = {path.relative_to(SOURCE).as_posix() for path in source_files(SOURCE)} - names
    assert not missing, f"not in the zip: {', '.join(sorted(missing))}"
