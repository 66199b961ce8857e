"""The one line of figures that every proof ends with, as it runs and again at the end of the whole run."""

from __future__ import annotations

from typing import Any

import pytest

_totals: dict[str, dict[str, int]] = {}


def figures(what: str, number: int, **counts: int) -> str:
    """Print and return `what number; name count, ...`, for example `schedules 10000; violations 0`."""
    add(_totals, what, {"": number, **counts})
    text = line(what, {"": number, **counts})
    print(f"\n{text}")
    return text


def line(what: str, counts: dict[str, int]) -> str:
    """The text of one proof's counts; the one named "" is the number of `what`."""
    named = ", ".join(f"{name} {count}" for name, count in counts.items() if name)
    return f"{what} {counts['']}" + (f"; {named}" if named else "")


def add(totals: dict[str, dict[str, int]], what: str, counts: dict[str, int]) -> None:
    """Add one proof's counts to the totals of its kind."""
    sums = totals.setdefault(what, {})
    for name, count in counts.items():
        sums[name] = sums.get(name, 0) + count


class Summary:
    """A pytest plugin: gathers the figures of all worker processes and closes the run with them."""

    def pytest_sessionfinish(self, session: Any) -> None:
        """A worker hands its totals to the process that started it."""
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["figures"] = _totals

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker has ended: take its totals."""
        for what, counts in getattr(node, "workeroutput", {}).get("figures", {}).items():
            add(_totals, what, counts)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """One line for each kind of proof."""
        for what in sorted(_totals):
            terminalreporter.write_line(line(what, _totals[what]))
