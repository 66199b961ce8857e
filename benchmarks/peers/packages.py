"""What each peer deploys: a folder with valid byte code, and the same from a zip whose byte code is dead.

The valid byte code of every peer is compiled as ours is, its handler and its dependencies: without docstrings, and not
checked against the source (PEP 552). A peer may ask for byte code as pip leaves it instead.

SAM and others write every file of a zip with one fixed date. The byte code beside a source file carries the date of
the source it was made from, so after unzipping no date matches and every module is compiled again at each cold start
(the folder a function runs from cannot be written to).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import time
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from benchmarks.ground.interpreter import REQUIREMENTS, ROOT, Interpreter
from benchmarks.peers.table import Peer
from tools import artifact

FIXED_DATE = (1980, 1, 1, 0, 0, 0)
RUNTIME = ("awslambdaric",)
COMPILER = """
import pathlib, py_compile, sys
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.py")):
    cached = path.parent / "__pycache__" / f"{path.stem}.{sys.implementation.cache_tag}.pyc"
    py_compile.compile(str(path), str(cached), optimize=2, quiet=2,
                       invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
"""
SKIPPED = ("__pycache__", ".dist-info/RECORD")


@dataclass(frozen=True)
class Package:
    """A peer, built."""

    live: Path
    dead: Path
    unzipped_bytes: int
    zip_bytes: int
    source_zip_bytes: int  # without byte code, or what is deployed where that is built here


def runtime_folder(interpreter: Interpreter) -> Path:
    """AWS's runtime client alone, for PYTHONPATH."""
    folder = interpreter.home / "runtime"
    if not folder.is_dir():
        link(interpreter, RUNTIME, {}, folder)
        compile_all(interpreter, folder)
    return folder


def build(peer: Peer, interpreter: Interpreter) -> Package:
    """The package of one peer, built again only when its files or its dependencies have changed.

    One process builds while others wait: test workers ask for the same package at the same time.
    """
    home = interpreter.home / "packages" / peer.name
    home.parent.mkdir(parents=True, exist_ok=True)
    with home.with_name(f"{peer.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return up_to_date(peer, interpreter, home)


def up_to_date(peer: Peer, interpreter: Interpreter, home: Path) -> Package:
    """The package in `home`, built first where what is there is another."""
    record = home / "package.json"
    wanted = fingerprint(peer, interpreter)
    if record.is_file() and (known := json.loads(record.read_text()))["fingerprint"] == wanted:
        return Package(home / "live", home / "dead", *known["bytes"])
    shutil.rmtree(home, ignore_errors=True)
    sizes = build_artifact(interpreter, home) if peer.artifact else build_folder(peer, interpreter, home)
    record.write_text(json.dumps({"fingerprint": wanted, "bytes": sizes}))
    return Package(home / "live", home / "dead", *sizes)


def build_artifact(interpreter: Interpreter, home: Path) -> list[int]:
    """What deploy.sh deploys, built by what builds it there; unzipped with the dates of the zip in both states."""
    artifact.build(ROOT, home / "artifact", compiler=str(interpreter.python))
    archive = home / "artifact" / "functions.zip"
    unzip(archive, home / "live")
    unzip(archive, home / "dead")
    return [folder_bytes(home / "live"), archive.stat().st_size, archive.stat().st_size]


def build_folder(peer: Peer, interpreter: Interpreter, home: Path) -> list[int]:
    """The peer's files and packages as an installer lays them out, and once more from a zip."""
    link(interpreter, peer.packages, peer.only, home / "live")
    for folder in peer.sources:
        copy_source(folder, home / "live")
    plain = zipped(home / "live", home / "source.zip")
    compile_all(interpreter, home / "live")
    whole = zipped(home / "live", home / "package.zip")
    unzip(home / "package.zip", home / "dead")
    if not peer.as_pip_compiles:
        compile_as_ours(interpreter, home / "live")
    return [folder_bytes(home / "live"), whole, plain]


def fingerprint(peer: Peer, interpreter: Interpreter) -> str:
    """Changes with the interpreter, the installed set, and any file of the peer."""
    digest = hashlib.sha256(f"{interpreter.version} {interpreter.site}".encode())
    digest.update(REQUIREMENTS.read_bytes() if peer.packages else b"")
    digest.update(repr((peer.packages, peer.only, peer.artifact, peer.as_pip_compiles, COMPILER)).encode())
    digest.update((ROOT / "tools" / "artifact.py").read_bytes() if peer.artifact else b"")
    for folder in peer.sources:
        for path in source_files(folder):
            digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()


def link(interpreter: Interpreter, packages: tuple[str, ...], only: dict[str, tuple[str, ...]], target: Path) -> None:
    """Hard links to the files of the distributions and of all they need (copied where links cannot be made)."""
    target.mkdir(parents=True)
    found = {normal(item.metadata["Name"]): item for item in metadata.distributions(path=[str(interpreter.site)])}
    for name in closure(found, packages, frozenset(only)):
        wanted = only.get(name)
        for file in found[name].files or []:
            inside = not file.parts[0].startswith("..") and not any(part in str(file) for part in SKIPPED)
            if inside and (wanted is None or str(file) in wanted):
                link_file(interpreter.site / file, target / file)


def link_file(source: Path, target: Path) -> None:
    """One file, without spending its bytes twice where that can be had."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def closure(found: dict[str, metadata.Distribution], packages: tuple[str, ...], alone: frozenset[str]) -> list[str]:
    """The named distributions and everything they require that is installed; those in `alone` bring nothing along."""
    seen: list[str] = []
    left = [normal(name) for name in packages]
    while left:
        name = left.pop(0)
        if name in seen or name not in found:
            continue
        seen.append(name)
        if name not in alone:
            left += required(found[name])
    return seen


def required(distribution: metadata.Distribution) -> Iterator[str]:
    """The names a distribution requires without any extra."""
    for requirement in distribution.requires or []:
        spec, _, marker = requirement.partition(";")
        if "extra" not in marker:
            yield normal(re.split(r"[\s\[<>=!~(]", spec.strip(), maxsplit=1)[0])


def normal(name: str) -> str:
    """A distribution's name in its one spelling."""
    return re.sub(r"[-_.]+", "-", name).lower()


def source_files(folder: Path) -> list[Path]:
    """What of a folder is deployed: all but byte code and hidden files."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    )


def copy_source(folder: Path, target: Path) -> None:
    """Copy a peer's own files into its package."""
    for path in source_files(folder):
        copied = target / path.relative_to(folder)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copied)


def compile_all(interpreter: Interpreter, folder: Path) -> None:
    """Byte code for every module, as installers leave it: stamped with the date of its source."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(
        [str(interpreter.python), "-m", "compileall", "-q", "-j", "0", str(folder)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )


def compile_as_ours(interpreter: Interpreter, folder: Path) -> None:
    """Byte code for every module as tools/artifact.py makes it; a file that is no module of this Python is left out."""
    subprocess.run([str(interpreter.python), "-s", "-c", COMPILER, str(folder)], capture_output=True, check=True)


def versions(interpreter: Interpreter, names: Iterable[str]) -> dict[str, str]:
    """The versions of some distributions as they are installed for the peers."""
    found = {
        normal(item.metadata["Name"]): item.version for item in metadata.distributions(path=[str(interpreter.site)])
    }
    return {name: found[name] for name in sorted(names) if name in found}


def zipped(folder: Path, target: Path) -> int:
    """A zip of the folder as SAM makes it, every file with the same date; its size in bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(item for item in folder.rglob("*") if item.is_file()):
            archive.writestr(
                zipfile.ZipInfo(str(path.relative_to(folder)), FIXED_DATE), path.read_bytes(), zipfile.ZIP_DEFLATED
            )
    return target.stat().st_size


def unzip(archive: Path, target: Path) -> None:
    """Unzip with the dates of the zip, which is what makes the byte code dead."""
    stamp = time.mktime((*FIXED_DATE, 0, 0, -1))
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(target)
    for path in target.rglob("*"):
        os.utime(path, (stamp, stamp))


def folder_bytes(folder: Path) -> int:
    """The size of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
