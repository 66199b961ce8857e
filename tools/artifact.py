"""python3 tools/artifact.py [--out FOLDER] [--pictures] [--second-region] - build what deploy.sh deploys.

The same sources give the same bytes.

Runs on a bare python3 (3.11 or newer). Into FOLDER (default .aws-sam/build) it writes

    functions.zip    src/, and its bytecode when a CPython of the functions' own version is at hand
    pillow.zip       with --pictures: the layer of ProcessPicture. Without, the template takes no Pictures=true
    template.yaml    the template with `CodeUri: functions.zip`, beside the files it includes. With --second-region
                     its two tables are parameters: replicas that are there already
    sbom.cdx.json    what is shipped and which tools were pinned (CycloneDX)

Lambda cannot keep bytecode, so a zip without it is compiled again at every cold start. Dates in a zip
invalidate bytecode that is checked by date, so this one is unchecked (PEP 552). It has no docstrings.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from local import generated
from tools import layer, sbom, second_region

ROOT = Path(__file__).resolve().parent.parent
# Bytes, bytecode apart; a larger zip means that something slipped into src/. More than half is code of capabilities:
# mail, audit trail, webhooks, pictures, live updates, imports and exports, erasures, search, two Regions, releases.
# tests/budgets bounds each.
LARGEST = 275_000
DATE = (1980, 1, 1, 0, 0, 0)  # the oldest a zip can hold
TASK = "/var/task"  # where Lambda unpacks the zip: the paths that tracebacks show
CODE = re.compile(r"^(\s*CodeUri:\s*)(['\"]?)src/?\2\s*$", re.MULTILINE)
RUNTIME = re.compile(r"^\s*Runtime:\s*['\"]?(python3\.\d+)['\"]?\s*$", re.MULTILINE)
LAYER = "layers/pillow"
LAYER_CONTENT = re.compile(rf"^(\s*ContentUri:\s*){LAYER}/?\s*$", re.MULTILINE)
PICTURES = re.compile(r"^(  Pictures:\n(?:    .*\n)*?    AllowedValues: ).*\n", re.MULTILINE)
NO_PICTURES = """["false"]
    ConstraintDescription: >-
      false, because this build has no Pillow; deploy.sh builds it if Pictures=true is among its options or in
      samconfig.toml
"""
INCLUDED = re.compile(r"\b(?:Location|TemplateURL|DefinitionUri):\s*['\"]?([\w./-]+)")
COMPILER = """
import pathlib, py_compile, sys
source, target, task = sys.argv[1:]
for path in sorted(pathlib.Path(source).rglob("*.py")):
    inside = path.relative_to(source)
    cached = inside.parent / "__pycache__" / f"{inside.stem}.{sys.implementation.cache_tag}.pyc"
    py_compile.compile(str(path), str(pathlib.Path(target, cached)), f"{task}/{inside.as_posix()}", doraise=True,
                       optimize=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
"""


class ArtifactError(Exception):
    """Something that stops the build; its text is one sentence that says what to do."""


def main(arguments: list[str]) -> int:
    """Build; 0 when done, 1 with one sentence when not."""
    parser = argparse.ArgumentParser(prog="tools/artifact.py", description="Build what deploy.sh deploys.")
    parser.add_argument("--out", type=Path, default=ROOT / ".aws-sam" / "build")
    parser.add_argument("--pictures", action="store_true", help="build the layer of ProcessPicture too")
    parser.add_argument("--second-region", action="store_true", help="build for tables that are replicas")
    given = parser.parse_args(arguments)
    try:
        print(build(ROOT, given.out, pictures=given.pictures, second=given.second_region))
    except (ArtifactError, layer.LayerError, second_region.NotAsExpected) as error:
        print(f"artifact: {error}", file=sys.stderr)
        return 1
    return 0


def build(root: Path, out: Path, compiler: str | None = None, *, pictures: bool = False, second: bool = False) -> str:
    """Build the project in `root` into `out`, made from scratch; one line that says what was built.

    `compiler` is the interpreter that makes the bytecode; by default the template's runtime, if it is found.
    """
    template = (root / "template.yaml").read_text(encoding="utf-8")
    runtime = runtime_of(template)
    compiler = compiler or compiler_of(runtime)
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    archive = out / "functions.zip"
    with tempfile.TemporaryDirectory() as scratch:
        if compiler:
            compile_sources(root / "src", Path(scratch), compiler)
        write_zip(archive, sources(root / "src") | shipped(Path(scratch), "*.pyc"))
    if pictures:
        with tempfile.TemporaryDirectory() as scratch:
            write_zip(out / "pillow.zip", layer.packages(root / LAYER, runtime, Path(scratch)))
    stage_template(root, layered(second_region.with_replicas(template) if second else template, pictures), out)
    check_size(archive)
    sbom.write(root, archive, out / "sbom.cdx.json")
    return summary(archive, "with bytecode" if compiler else f"without bytecode, because {runtime} is not installed")


def runtime_of(template: str) -> str:
    """The one runtime the template names, such as python3.13."""
    runtimes = set(RUNTIME.findall(template))
    if len(runtimes) != 1:
        raise ArtifactError(f"template.yaml must name one Runtime, in Globals; it names {sorted(runtimes) or 'none'}")
    return str(runtimes.pop())


def compiler_of(runtime: str) -> str | None:
    """The interpreter of the functions' version on this machine, when there is one that runs."""
    python = shutil.which(runtime)
    # a version manager may put a stand-in there for a version that is not installed
    probe = [python or sys.executable, "-c", "import sys; print('python%d.%d' % sys.version_info[:2])"]
    done = subprocess.run(probe, capture_output=True, text=True, check=False)
    return probe[0] if done.stdout.strip() == runtime else None


def compile_sources(source: Path, target: Path, compiler: str) -> None:
    """Byte code of everything under `source`, laid out under `target`."""
    command = [compiler, "-s", "-c", COMPILER, str(source), str(target), TASK]
    environment = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ArtifactError(f"src/ does not compile: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")


def sources(folder: Path) -> dict[str, Path]:
    """Path inside the zip -> file: the functions' code and its data files, nothing that a local run left."""
    return {
        name: path
        for name, path in shipped(folder, "*").items()
        if not any(part.startswith(".") or part == "__pycache__" for part in name.split("/"))
    }


def shipped(folder: Path, pattern: str) -> dict[str, Path]:
    """Path inside the zip -> file, for the files of `folder` whose name fits."""
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob(pattern) if path.is_file()}


def write_zip(target: Path, files: dict[str, Path]) -> None:
    """A zip whose bytes depend on names and contents alone."""
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, DATE)
            entry.create_system = 3  # Unix, whatever this machine is
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, files[name].read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=9)


def stage_template(root: Path, template: str, out: Path) -> None:
    """The template that deploys the zip, beside the local files it includes."""
    staged, replaced = CODE.subn(r"\1functions.zip", template)
    if not replaced:
        raise ArtifactError("template.yaml has no line `CodeUri: src/`")
    (out / "template.yaml").write_text(staged, encoding="utf-8")
    for name in filter(lambda name: (root / name).is_file(), INCLUDED.findall(template)):
        outdated = generated.outdated(root / name)
        if outdated:
            raise ArtifactError(outdated)
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, out / name)


def layered(template: str, pictures: bool) -> str:
    """The template with the layer that was built; without one, it takes no Pictures=true.

    `sam deploy` uploads the content of a layer that is switched off too, so that must be a file: it is functions.zip.
    """
    content = "pillow.zip" if pictures else "functions.zip"
    found = LAYER_CONTENT.sub(rf"\1{content}", template)
    return found if pictures else PICTURES.sub(lambda it: it[1] + NO_PICTURES, found)


def check_size(archive: Path) -> None:
    """Refuse a zip that has grown past what this project needs."""
    with zipfile.ZipFile(archive) as opened:
        size = sum(entry.compress_size for entry in opened.infolist() if not entry.filename.endswith(".pyc"))
    if size > LARGEST:
        raise ArtifactError(
            f"the sources are {size} bytes in functions.zip, more than {LARGEST}: check which files are in src/"
        )


def summary(archive: Path, note: str) -> str:
    """One line about the zip."""
    content = archive.read_bytes()
    return f"{archive.name} {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}, {note}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
