"""The tables of the local server's searches: pages with few and with many users, and when a change is found."""

from __future__ import annotations

from typing import Any

from benchmarks.ground.text_tables import markdown
from benchmarks.report.events import times
from benchmarks.report.local_server import caution

Figures = dict[str, Any]


def sizes_of(figures: Figures) -> list[str]:
    """The numbers of users, the smallest first."""
    return sorted(figures, key=int)


def page_rows(found: Figures) -> list[list[str]]:
    """What a page takes at each size, and the median at the largest in multiples of that at the smallest."""
    first, *_, last = sizes = sizes_of(next(iter(found["pages_ms"].values())))
    heads = [f"{int(size):,} users {name} ms" for size in sizes for name in ("p50", "p99")]
    table = [[f"a page of {found['page']}", *heads, "p50, times"]]
    for kind, of_kind in found["pages_ms"].items():
        cells = [f"{of_kind[size][name]:.1f}" for size in sizes for name in ("p50", "p99")]
        table.append([kind, *cells, f"{of_kind[last]['p50'] / of_kind[first]['p50']:.2f}"])
    return table


def found_rows(found: Figures) -> list[list[str]]:
    """The time until a new user is found, at each size."""
    table = [["users", "creates, one after the other", "p50 ms", "p99 ms", "at most ms"]]
    for size in sizes_of(found["found_ms"]):
        figures = found["found_ms"][size]
        table.append([f"{int(size):,}", f"{figures['n']:,}", *times(figures)])
    return table


def at_first(found: Figures) -> str:
    """How long the first searches take."""
    parts = [f"{found['first_s'][size]:.1f} s with {int(size):,} users" for size in sizes_of(found["first_s"])]
    return f"The first page of each kind is not counted: the index is sorted then, which takes {' and '.join(parts)}."


def text(found: Figures) -> str:
    """For the document: the tables and how they were taken."""
    sentences = [
        f"Measured {found['date']} by `python -m benchmarks searches` with `make run`,",
        f"{found['rounds']} pages of each kind, client and servers on the same {found['machine']['cores']} cores.",
        at_first(found),
        caution(found["machine"]),
    ]
    tables = [markdown(page_rows(found)), markdown(found_rows(found))]
    return "\n\n".join([*tables, " ".join(filter(None, sentences))])
