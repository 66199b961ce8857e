"""The artifact: the same sources give the same bytes, and everything that ships is in it."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import random
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from local import generated
from tools import artifact

ROOT = artifact.ROOT
THIS = f"python{sys.version_info[0]}.{sys.version_info[1]}"
TEMPLATE = f"""
Globals:
  Function:
    Runtime: {THIS}
    CodeUri: src/
Resources:
  Api:
    Properties:
      DefinitionBody:
        Fn::Transform: {{Name: AWS::Include, Parameters: {{Location: openapi.yaml}}}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project with all that the build reads."""
    root = tmp_path / "a project"
    (root / "src" / "users").mkdir(parents=True)
    (root / "src" / "wiring.py").write_text('"""Wires."""\nLIMITS = {"name", "email", "age"}\n')
    (root / "src" / "users" / "model.py").write_text("def limit(n: int) -> int:\n    return n in {1, 2, 3} and 1 / n\n")
    (root / "src" / "users" / "roots.pem").write_text("roots\n")
    (root / "template.yaml").write_text(TEMPLATE)
    (root / "openapi.yaml").write_text("openapi: 3.0.1\n")
    shutil.copytree(ROOT / "requirements", root / "requirements")
    shutil.copy(ROOT / "requirements.txt", root / "requirements.txt")
    shutil.copy(ROOT / "pyproject.toml", root / "pyproject.toml")
    return root


def generated_definition(project: Path) -> Path:
    """The project with a definition that is made from the contract."""
    template = (project / "template.yaml").read_text()
    (project / "template.yaml").write_text(template.replace("openapi.yaml", "api-gateway.yaml"))
    definition = project / "api-gateway.yaml"
    definition.write_text(generated.with_header("openapi: 3.0.1\n", project / "openapi.yaml", "make openapi"))
    return definition


def names(out: Path) -> list[str]:
    """What is in the zip."""
    with zipfile.ZipFile(out / "functions.zip") as opened:
        return opened.namelist()


def contents(out: Path) -> dict[str, bytes]:
    """Everything that was built."""
    return {path.name: path.read_bytes() for path in out.iterdir()}


@pytest.mark.parametrize("compiler", [None, sys.executable])
def test_two_builds_give_the_same_bytes(project: Path, tmp_path: Path, compiler: str | None) -> None:
    artifact.build(project, tmp_path / "one", compiler)
    moved = tmp_path / "elsewhere"
    shutil.copytree(project, moved, copy_function=shutil.copyfile)  # other dates, other order, other modes
    for path in moved.rglob("*"):
        os.utime(path, (random.randrange(10**9), random.randrange(10**9)))
        path.chmod(0o700)
    artifact.build(moved, tmp_path / "two", compiler)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_the_builds_of_the_real_project_are_the_same_in_two_processes(tmp_path: Path) -> None:
    for name, seed in (("one", "1"), ("two", "2")):
        command = [sys.executable, str(ROOT / "tools" / "artifact.py"), "--out", str(tmp_path / name)]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, cwd="/")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_changed_source_changes_the_bytes(project: Path, tmp_path: Path) -> None:
    artifact.build(project, tmp_path / "one")
    (project / "src" / "wiring.py").write_text("changed = True\n")
    artifact.build(project, tmp_path / "two")
    assert contents(tmp_path / "one")["functions.zip"] != contents(tmp_path / "two")["functions.zip"]


def test_it_holds_the_sources_and_what_lies_beside_them(project: Path, tmp_path: Path) -> None:
    (project / "src" / "users" / "__pycache__").mkdir()
    (project / "src" / "users" / "__pycache__" / "model.cpython-311.pyc").write_bytes(b"stale")
    (project / "src" / ".DS_Store").write_bytes(b"")
    (project / "src" / ".mypy_cache").mkdir()
    (project / "src" / ".mypy_cache" / "cache.json").write_bytes(b"")
    (project / "template.yaml").write_text(TEMPLATE.replace(THIS, "python3.99"))
    said = artifact.build(project, tmp_path / "out")
    assert names(tmp_path / "out") == ["users/model.py", "users/roots.pem", "wiring.py"]
    assert "without bytecode, because python3.99 is not installed" in said


def test_byte_code_is_used_unchecked_and_names_the_path_on_lambda(project: Path, tmp_path: Path) -> None:
    said = artifact.build(project, tmp_path / "out", sys.executable)
    assert "with bytecode" in said
    compiled = f"users/__pycache__/model.{sys.implementation.cache_tag}.pyc"
    with zipfile.ZipFile(tmp_path / "out" / "functions.zip") as opened:
        code = opened.read(compiled)
        opened.extractall(tmp_path / "task")
    assert code[:4] == importlib.util.MAGIC_NUMBER
    assert int.from_bytes(code[4:8], "little") == 0b01, "flags: hash-based, not checked"
    assert b"/var/task/users/model.py" in code
    (tmp_path / "task" / "users" / "model.py").write_text("raise SystemExit('read the source')\n")
    script = "import users.model; print(users.model.limit(2))"
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path / "task", capture_output=True, text=True)
    assert done.stdout == "0.5\n", done.stderr


def test_a_module_that_does_not_compile_stops_the_build(project: Path, tmp_path: Path) -> None:
    (project / "src" / "wiring.py").write_text("def broken(:\n")
    with pytest.raises(artifact.ArtifactError, match=r"src/ does not compile: .*invalid syntax"):
        artifact.build(project, tmp_path / "out", sys.executable)


def test_the_template_deploys_the_zip_and_keeps_its_includes(project: Path, tmp_path: Path) -> None:
    artifact.build(project, tmp_path / "out")
    assert (tmp_path / "out" / "template.yaml").read_text() == TEMPLATE.replace(
        "CodeUri: src/", "CodeUri: functions.zip"
    )
    assert (tmp_path / "out" / "openapi.yaml").read_bytes() == (project / "openapi.yaml").read_bytes()


def test_an_earlier_build_leaves_nothing_behind(project: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old").write_text("old")
    artifact.build(project, tmp_path / "out")
    assert sorted(contents(tmp_path / "out")) == ["functions.zip", "openapi.yaml", "sbom.cdx.json", "template.yaml"]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("CodeUri: src/", "CodeUri: code/", "no line `CodeUri: src/`"),
        (f"Runtime: {THIS}", "Runtime: nodejs22.x", "must name one Runtime"),
        ("Resources:", "Second:\n    Runtime: python3.10\nResources:", "must name one Runtime"),
    ],
)
def test_a_template_that_it_does_not_understand_stops_the_build(
    project: Path, tmp_path: Path, old: str, new: str, reason: str
) -> None:
    (project / "template.yaml").write_text(TEMPLATE.replace(old, new))
    with pytest.raises(artifact.ArtifactError, match=reason):
        artifact.build(project, tmp_path / "out")


def test_what_slipped_into_the_sources_stops_the_build(project: Path, tmp_path: Path) -> None:
    (project / "src" / "dump.bin").write_bytes(random.Random(1).randbytes(artifact.LARGEST))
    with pytest.raises(artifact.ArtifactError, match="check which files are in src/"):
        artifact.build(project, tmp_path / "out")


def test_the_real_zip_is_small(tmp_path: Path) -> None:
    said = artifact.build(ROOT, tmp_path / "out")
    content = (tmp_path / "out" / "functions.zip").read_bytes()
    assert f"functions.zip {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}, " in said


def test_a_failure_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    (tmp_path / "template.yaml").write_text("Globals: {}\n")
    monkeypatch.setattr(artifact, "ROOT", tmp_path)
    assert artifact.main(["--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == "artifact: template.yaml must name one Runtime, in Globals; it names none\n"


def test_a_definition_that_is_what_its_source_says_is_shipped_without_it(project: Path, tmp_path: Path) -> None:
    definition = generated_definition(project)
    artifact.build(project, tmp_path / "out")
    assert (tmp_path / "out" / "api-gateway.yaml").read_bytes() == definition.read_bytes()
    assert not (tmp_path / "out" / "openapi.yaml").exists()


@pytest.mark.parametrize("changed", ["openapi.yaml", "api-gateway.yaml"])
def test_an_outdated_definition_stops_the_build_with_the_command_to_run(
    project: Path, tmp_path: Path, changed: str
) -> None:
    generated_definition(project)
    (project / changed).write_text((project / changed).read_text() + "more: 1\n")
    with pytest.raises(artifact.ArtifactError, match=r"does not match openapi\.yaml; run make openapi"):
        artifact.build(project, tmp_path / "out")
