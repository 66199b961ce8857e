"""Where results are kept: one JSON file a kind, in benchmarks/results/."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "results"


def keep(kind: str, found: dict[str, Any], folder: Path = FOLDER) -> Path:
    """Write the results of one kind over the last ones."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{kind}.json"
    path.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    return path


def load(kind: str) -> dict[str, Any]:
    """The last results of one kind; empty when there are none."""
    path = FOLDER / f"{kind}.json"
    return dict(json.loads(path.read_text())) if path.is_file() else {}
