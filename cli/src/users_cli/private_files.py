"""Files that only their owner can read, written whole or not at all."""

from __future__ import annotations

import json
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

from users_cli.failures import WrongUsage

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def read(path: Path) -> dict[str, Any]:
    """A JSON object; empty if there is no file. Raises WrongUsage."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise WrongUsage(f"{path} cannot be read: {error}") from None
    if not isinstance(found, dict):
        raise WrongUsage(f"{path} is not a JSON object.")
    return found


def read_secret(path: Path) -> dict[str, Any]:
    """The same. A file that others can read is not believed. Raises WrongUsage."""
    if os.name == "posix" and path.exists() and path.stat().st_mode & OTHERS:
        raise WrongUsage(f"Others can read {path}, which has secrets. Run: chmod 600 {path}")
    return read(path)


def write(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON object, readable by its owner alone. Raises WrongUsage."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent)  # with the mode 0600
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2)
            file.write("\n")
        os.replace(name, path)
    except OSError as error:
        raise WrongUsage(f"{path} cannot be written: {error}") from None
