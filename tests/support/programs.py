"""What a test needs that no Python package brings: `@pytest.mark.needs("openssl")`, a program of tools/programs.py."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest

from tools.programs import PROGRAMS, missing

MISSING = "missing program"


class Programs:
    """A pytest plugin: where the program is missing the test is skipped; in CI, where all must be there, it fails."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Before any fixture starts a server for nothing."""
        needed = {name for mark in item.iter_markers("needs") for name in mark.args}
        unknown = needed - PROGRAMS.keys()
        if unknown:
            pytest.fail(f"tools/programs.py does not know {sorted(unknown)}", pytrace=False)
        absent = missing(sorted(needed))
        if not absent:
            return
        item.user_properties += [(MISSING, name) for name in absent]
        reason = f"{' and '.join(absent)}: not installed; `make programs` installs what is missing"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """One line: how many tests were skipped for which program."""
        counts = Counter(
            name
            for report in terminalreporter.stats.get("skipped", [])
            for kind, name in report.user_properties
            if kind == MISSING
        )
        if counts:
            told = ", ".join(f"{count} for {name}" for name, count in sorted(counts.items()))
            terminalreporter.write_line(f"skipped for missing programs: {told} (`make programs` installs them)")
