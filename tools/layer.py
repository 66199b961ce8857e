"""The packages of a layer, for both processors of Lambda. Runs on a bare python3 (3.11 or newer).

A file of machine code has the processor or a hash in its name, so both fit into one layer. The parameter Architecture
makes no difference to it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tools import install, isolation

PLATFORMS = ("aarch64-manylinux_2_28", "x86_64-manylinux_2_28")  # Amazon Linux 2023 has glibc 2.34
REQUIREMENTS = "requirements.txt"
CODE = re.compile(r"\.so(\.|$)|\.py$")


class LayerError(Exception):
    """The packages cannot be installed; its text is one sentence."""


def packages(source: Path, runtime: str, scratch: Path) -> dict[str, Path]:
    """Path inside the zip -> file, for the packages of the requirements.txt in `source`. Raises LayerError."""
    try:
        install.install_all(["uv"])
    except install.InstallError as error:
        raise LayerError(str(error)) from error
    files: dict[str, Path] = {}
    for platform in PLATFORMS:
        folder = scratch / platform
        install_for(platform, source, runtime, folder)
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and "__pycache__" not in name and not name.startswith((".", "bin/")):
                add(files, f"python/{name}", path)
    return files


def add(files: dict[str, Path], name: str, path: Path) -> None:
    """Add a file, unless the other processor has it. Raises LayerError if that is other machine code."""
    if name in files and CODE.search(name) and files[name].read_bytes() != path.read_bytes():
        raise LayerError(f"{name} differs between processors; one layer cannot have both")
    files.setdefault(name, path)


def install_for(platform: str, source: Path, runtime: str, folder: Path) -> None:
    """Install into a folder what one processor needs. Raises LayerError."""
    uv = str(install.VENV / "bin" / "uv")
    wanted = [
        "--python-platform",
        platform,
        "--python-version",
        runtime.removeprefix("python"),
        "--target",
        str(folder),
    ]
    strict = ["--only-binary", ":all:", "--no-deps", "--require-hashes", "--link-mode", "copy"]
    command = [uv, "pip", "install", "--quiet", "--no-config", *wanted, *strict, "-r", str(source / REQUIREMENTS)]
    python = str(install.VENV / "bin" / "python")
    environment = isolation.for_uv({**os.environ, "UV_NO_PROGRESS": "1"}, isolation.pip_settings(python))
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        raise LayerError(f"the packages of {source.name} cannot be installed for {platform}; the reason is above")
