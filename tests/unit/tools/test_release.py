"""A release has one version everywhere, what the changelog says of it, and files that are the same each time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from tools import release

ROOT = release.ROOT
CHANGELOG = """# Changelog

## [Unreleased]

## [1.2.0] - 2026-11-27

### Added

- something

## [1.1.0] - 2026-10-01

- before
"""
STEPS = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())["jobs"]["release"]["steps"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "cli" / "src" / "users_cli").mkdir(parents=True)
    (tmp_path / "cli" / "src" / "users_cli" / "__init__.py").write_text('"""It."""\n\n__version__ = "1.2.0"\n')
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "users-api"\nversion = "1.2.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    return tmp_path


def test_a_release_whose_parts_agree_passes(project):
    assert release.main(["check", "v1.2.0"], project) == 0


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("pyproject.toml", "1.2.0", "1.1.0", "pyproject.toml has version 1.1.0, not 1.2.0"),
        ("cli/src/users_cli/__init__.py", "1.2.0", "1.1.0", "has version 1.1.0, not 1.2.0"),
        ("cli/src/users_cli/__init__.py", "__version__", "version", "has version none"),
        ("CHANGELOG.md", "[1.2.0]", "[1.3.0]", "has no text under"),
        ("CHANGELOG.md", " - 2026-11-27", "", "has no text under"),
        ("CHANGELOG.md", "### Added\n\n- something\n", "", "has no text under"),
        ("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n- more\n", "has unreleased changes"),
    ],
)
def test_a_part_that_differs_is_named(project, capsys, file, old, new, said):
    path = project / file
    path.write_text(path.read_text().replace(old, new))
    assert release.main(["check", "v1.2.0"], project) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("tag", ["1.2.0", "v1.2", "v1.2.0-rc1", "vv1.2.0", "v1.2.0\n"])
def test_a_tag_that_is_no_version_is_refused(project, capsys, tag):
    assert release.main(["check", tag], project) == 1
    assert "is not a version" in capsys.readouterr().err


def test_the_notes_are_those_of_the_version(project, capsys):
    assert release.main(["notes", "v1.2.0"], project) == 0
    assert capsys.readouterr().out == "### Added\n\n- something\n"


@pytest.mark.slow
def test_the_steps_of_the_workflow_check_build_and_describe_a_release(tmp_path):
    """As GitHub runs them, in a copy that has a release; `gh` is a program that writes down what it is given."""
    root = tmp_path / "project"
    shutil.copytree(
        ROOT, root, ignore=shutil.ignore_patterns(".local", ".git", "__pycache__", "*.pyc", ".aws-sam", "dist")
    )
    (root / ".local").symlink_to(ROOT / ".local")
    for name in ("pyproject.toml", "cli/src/users_cli/__init__.py"):
        path = root / name
        path.write_text(path.read_text().replace('ersion = "0.1.0"', 'ersion = "1.2.0"').replace("0.1.0", "1.2.0"))
    (root / "CHANGELOG.md").write_text(CHANGELOG)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(sys.executable)
    gh = tmp_path / "bin" / "gh"
    gh.write_text('#!/bin/sh\nprintf "%s\\n" "$@" >"$OUT"\n')
    gh.chmod(0o755)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    environment = {**os.environ, "GITHUB_REF_NAME": "v1.2.0", "PATH": path, "OUT": str(tmp_path / "given")}
    for step in STEPS:
        if "run" in step and not step["name"].startswith("Install"):
            done = subprocess.run(
                ["bash", "-eo", "pipefail", "-c", step["run"]],
                cwd=root,
                env=environment,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, (step["name"], done.stderr)
    given = (tmp_path / "given").read_text().split()
    assert given[:4] == ["release", "create", "v1.2.0", "--verify-tag"]
    assert sorted(Path(name).name for name in given if name.startswith("dist/")) == [
        "users-api-1.2.0.sbom.cdx.json",
        "users-api-1.2.0.zip",
        "users_cli-1.2.0-py3-none-any.whl",
        "users_cli-1.2.0.tar.gz",
    ]
    assert (root / "notes.md").read_text() == "### Added\n\n- something\n"
    with zipfile.ZipFile(root / "dist" / "users-api-1.2.0.zip") as archive:
        assert {"functions.zip", "pillow.zip", "template.yaml", "api-gateway.yaml"} == set(archive.namelist())
