"""A copy of the project to deploy from: the scripts work in any folder, and nothing is built in the original."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.support.server import ROOT

PARTS = (
    "src",
    "local",
    "tools",
    "operate",
    "web",
    "clients",
    "requirements",
    "requirements.txt",
    "pyproject.toml",
    "template.yaml",
    "openapi.yaml",
    "api-gateway.yaml",
    "deploy.sh",
    "cleanup.sh",
    "test-api.sh",
)


def copied(target: Path) -> Path:
    """The project in `target`, with the tools of the original."""
    for name in PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    for name in ("infra", "layers"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name)
    (target / ".local").mkdir()
    (target / ".local" / "sam").symlink_to(ROOT / ".local" / "sam")
    return target


def run(project: Path, script: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a script of the project to its end, without a terminal, from another folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_") and name != "CI"}
    return subprocess.run(
        [project / script, *arguments],
        cwd="/",
        env={**environment, **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=420,  # a busy machine; a deployment with its pages takes one minute on an idle one
    )
