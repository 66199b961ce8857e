"""The tables of the search: what each search reads, and what the index writes for each change."""

from __future__ import annotations

from typing import Any

Figures = dict[str, Any]


def rows(found: Figures) -> list[list[str]]:
    """A line for each kind of search: its read units at each size, and its calls at the largest."""
    sizes = sorted(found["sizes"], key=int)
    table = [["search", "DynamoDB calls at most", *(f"{int(size):,} users" for size in sizes)]]
    for name in found["sizes"][sizes[0]]:
        each = [found["sizes"][size][name] for size in sizes]
        calls = max((one["calls"] for one in each), key=total)
        table.append([name, calls_text(calls), *map(cell, each)])
    return table


def total(calls: dict[str, int]) -> int:
    """How many calls there are."""
    return sum(calls.values())


def calls_text(calls: dict[str, int]) -> str:
    """8 Query + BatchGetItem."""
    return " + ".join(f"{count} {name}" if count > 1 else name for name, count in calls.items())


def cell(one: Figures) -> str:
    """The read units; with the users of a page that ended early."""
    return f"{one['reads']:g}" + (f" ({one['users']})" if one["early"] else "")


def write_rows(found: Figures) -> list[list[str]]:
    """A line for each kind of change: the items of its transaction, and its write units."""
    table = [["change", "items in the transaction", "their units", "units of the orders", "write units"]]
    for name, one in found["writes"].items():
        units = [one["writes"], one["of_indexes"], one["writes"] + one["of_indexes"]]
        table.append([name, items_text(one["items"]), *(f"{each:g}" for each in units)])
    return table


def items_text(items: dict[str, int]) -> str:
    """head, 3 words, counter."""
    return ", ".join(name if count == 1 else f"{count} {name}s" for name, count in items.items())
