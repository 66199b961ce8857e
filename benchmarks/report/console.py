"""The table of the console: what is sent, the first paint and the first rows, with few and with many users."""

from __future__ import annotations

from typing import Any

from benchmarks.ground.text_tables import markdown
from benchmarks.report.local_server import caution

PARTS = {"the first contentful paint": "paint_ms", "the first rows": "rows_ms"}


def rows(found: dict[str, Any]) -> list[list[str]]:
    """The times at each number of users."""
    sizes = sorted(found["rows_ms"], key=int)
    table = [["until", *(f"{int(size):,} users {name} ms" for size in sizes for name in ("p50", "p99"))]]
    for part, key in PARTS.items():
        cells = [f"{found[key][size][name]:.0f}" for size in sizes for name in ("p50", "p99")]
        table.append([part, *cells])
    return table


def sent(found: dict[str, Any]) -> str:
    """What the browser gets, as one sentence."""
    files = f"{found['files']} files with {found['bytes']:,} bytes, without compression"
    return f"The console is {files}; it takes {found['requests']} requests until the first rows."


def measured(found: dict[str, Any]) -> str:
    """How the figures were taken."""
    sentences = [
        f"Measured {found['date']} by `python -m benchmarks console` with `make run`: {found['rounds']} visits each,",
        "by the browser's own figures, with an empty cache;",
        f"browser and servers on the same {found['machine']['cores']} cores.",
        caution(found["machine"]),
    ]
    return " ".join(filter(None, sentences))


def text(found: dict[str, Any]) -> str:
    """For the document: the table, and how it was taken."""
    return "\n\n".join([sent(found), markdown(rows(found)), measured(found)])
