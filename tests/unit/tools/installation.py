"""A copy of the installer whose uv is a stand-in, from a folder of wheels; pip and `venv` are the real ones."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
UV = """#!/bin/sh
exec "$(dirname "$0")/python" -I -c '
import json, os, sys, time
with open(os.environ["LOG"], "a") as log:
    log.write(json.dumps({"arguments": sys.argv[1:], "environment": dict(os.environ)}) + "\\n")
time.sleep(float(os.environ.get("SECONDS", "0")))
with open(os.environ["LOG"], "a") as log:
    log.write(json.dumps({"ended": os.getppid()}) + "\\n")
' "$@"
"""
METADATA = "Metadata-Version: 2.1\nName: uv\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
KEPT = ("PATH", "HOME", "TMPDIR", "LANG")


class Installation:
    """`root` is the copy; every call of uv is written down."""

    def __init__(self, folder: Path) -> None:
        self.root, self.log, self.wheels = folder / "users api", folder / "log", folder / "wheels"
        shutil.copytree(ROOT / "tools", self.root / "tools", ignore=shutil.ignore_patterns("__pycache__"))
        (self.root / "requirements").mkdir()
        for name in ("requirements.txt", "requirements/dev.txt", "requirements/sam.txt"):
            (self.root / name).write_text("some==1.0\n")
        self.wheels.mkdir()
        found = wheel(self.wheels)
        (self.root / "requirements" / "uv.txt").write_text(f"uv==1.0 --hash=sha256:{found}\n")
        self.environment = {name: os.environ[name] for name in KEPT if name in os.environ}
        self.environment |= {"LOG": str(self.log), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels)}

    def start(self, *names: str, python: str = sys.executable, **settings: str) -> subprocess.Popen[str]:
        """The installer, running."""
        return subprocess.Popen(
            [python, self.root / "tools" / "install.py", *names],
            env={**self.environment, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *names: str, python: str = sys.executable, **settings: str) -> str:
        """The installer, run to its good end: what it says."""
        process = self.start(*names, python=python, **settings)
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said
        return said

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What the stand-in for uv has written down."""
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []

    @property
    def calls(self) -> list[list[str]]:
        """The arguments of its calls."""
        return [line["arguments"] for line in self.lines if "arguments" in line]

    @property
    def environments(self) -> list[dict[str, str]]:
        """What its calls were started with."""
        return [line["environment"] for line in self.lines if "environment" in line]

    def without_uv(self) -> Path:
        """Take uv away again, so that the next run installs it and what it installs; where it was."""
        place = self.root / ".local" / "venv"
        for name in ("uv", "run"):
            (place / f".{name}-installed").unlink(missing_ok=True)
        for found in place.rglob("uv-1.0.dist-info"):
            shutil.rmtree(found)
        (place / "bin" / "uv").unlink(missing_ok=True)
        return place / "bin" / "uv"


def wheel(folder: Path) -> str:
    """Write the stand-in for uv as a wheel; its SHA-256."""
    path = folder / "uv-1.0-py3-none-any.whl"
    files = {"uv-1.0.data/scripts/uv": UV, "uv-1.0.dist-info/METADATA": METADATA, "uv-1.0.dist-info/WHEEL": WHEEL}
    record = [f"{name},sha256={digest(text)},{len(text)}" for name, text in files.items()]
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            one = zipfile.ZipInfo(name)
            one.external_attr = 0o100755 << 16
            archive.writestr(one, text)
        archive.writestr("uv-1.0.dist-info/RECORD", "\n".join([*record, "uv-1.0.dist-info/RECORD,,", ""]))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digest(text: str) -> str:
    """As RECORD writes it."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
