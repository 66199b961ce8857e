"""The table of growth."""

from __future__ import annotations

from typing import Any


def rows(found: dict[str, Any]) -> list[list[str]]:
    """A table: each operation with its calls, and its units at each size."""
    sizes = list(found["sizes"])
    table = [["operation", "DynamoDB calls", *(f"{int(size):,} users" for size in sizes)]]
    for name, first in found["sizes"][sizes[0]].items():
        cells = [units_text(found["sizes"][size][name]) for size in sizes]
        table.append([name, " + ".join(first["calls"]), *cells])
    return table


def units_text(one: dict[str, Any]) -> str:
    """1 read, 4 write."""
    parts = [f"{one[f'expected_{kind}']:g} {kind[:-1]}" for kind in ("reads", "writes") if one[f"expected_{kind}"]]
    return ", ".join(parts) or "none"
