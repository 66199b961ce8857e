"""Figures in the documents that come from the last measurements.

python -m tests.docs.figures      writes them where they belong
"""

from __future__ import annotations

import json
import sys
from typing import Any

from benchmarks.report.front import front
from tests.docs.pages import ROOT
from tools.marks import replaced

RESULTS = ROOT / "benchmarks" / "results"
ARCHITECTURE = ROOT / "ARCHITECTURE.md"
README = ROOT / "README.md"

# What each measured operation touches.
PATTERNS = {
    "get": ("Read a user", "Users by `userId`"),
    "list, first page of 100": ("List, a page of 100", "Users, a page of a Scan"),
    "create": ("Create a user", "Users, claim of the email"),
    "create with Idempotency-Key": ("the same with an Idempotency-Key", "and the record of the key"),
    "update": ("Change name or age", "Users by `userId`"),
    "update of the email": ("Change the email", "Users, both claims"),
    "delete": ("Delete a user", "Users, claim of the email"),
}


def access_patterns(growth: dict[str, Any], prices: dict[str, Any]) -> str:
    """The table of access patterns, from benchmarks/results/growth.json and benchmarks/prices.json."""
    units = growth["sizes"][min(growth["sizes"], key=int)]
    lines = [
        "| to | touches | calls | read units | write units | $ per million |",
        "|---|---|---|---|---|---|",
    ]
    for name, (what, touches) in PATTERNS.items():
        one = units[name]
        reads, writes = one["expected_reads"], one["expected_writes"]
        dollars = (
            reads * prices["dynamodb_read_unit"]["per_million"] + writes * prices["dynamodb_write_unit"]["per_million"]
        )
        calls = ", ".join(f"`{call}`" for call in one["calls"])
        lines.append(f"| {what} | {touches} | {calls} | {reads:g} | {writes:g} | {dollars:.3f} |")
    return "\n".join(lines) + "\n"


def load(name: str) -> Any:
    """Results or prices; None when there are none yet."""
    path = ROOT / "benchmarks" / name
    return json.loads(path.read_text()) if path.is_file() else None


def written() -> dict[str, str]:
    """What each document with figures should be, by name."""
    table = access_patterns(load("results/growth.json"), load("prices.json")["prices"])
    measured = front(load("results/peers.json"), load("results/local.json"))
    return {
        "ARCHITECTURE.md": replaced(ARCHITECTURE.read_text(encoding="utf-8"), "access", table),
        "README.md": replaced(README.read_text(encoding="utf-8"), "measured", measured),
    }


def main() -> int:
    """Write them."""
    for name, text in written().items():
        (ROOT / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
