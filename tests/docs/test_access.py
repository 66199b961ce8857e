"""The threats in docs/reference/access.md: each has what holds it, and tests that exist."""

from __future__ import annotations

import re

from tests.support.server import ROOT

RISKS = [f"API{number}" for number in range(1, 11)]


def threats(page: str) -> dict[str, list[str]]:
    """The tests named for each risk."""
    rows = re.findall(r"^\| (API\d+) [^|]*\|[^|]+\|([^|]+)\|$", page, re.MULTILINE)
    return {risk: re.findall(r"`(tests/[^`]+)`", named) for risk, named in rows}


def complaints(page: str) -> list[str]:
    found = threats(page)
    missing = [f"{risk} has no test" for risk in RISKS if not found.get(risk)]
    absent = [f"{risk}: no {each}" for risk, named in found.items() for each in named if not is_test(each)]
    return missing + absent


def is_test(name: str) -> bool:
    """Whether there is a test `file::function`."""
    file, _, function = name.partition("::")
    path = ROOT / file
    return bool(function) and path.is_file() and f"\ndef {function}(" in path.read_text(encoding="utf-8")


PAGE = (ROOT / "docs/reference/access.md").read_text(encoding="utf-8")


def test_each_threat_has_tests_that_exist() -> None:
    assert complaints(PAGE) == []


def test_a_threat_without_a_test_is_noticed() -> None:
    changed = PAGE.replace("| API4 ", "| APIs ").replace("::test_each_function_has_its_path", "::test_each_path")
    changed = changed.replace("/test_renewals.py::test_a_day_has_a_limit_and_the_next_day_another", "/test_renewals.py")
    changed = changed.replace("tests/unit/users/test_model.py", "tests/unit/users/test_none.py")
    assert complaints(changed) == [
        "API4 has no test",
        "API3: no tests/unit/users/test_none.py::test_what_only_the_database_needs_is_not_shown",
        "API6: no tests/unit/verification/test_renewals.py",
        "API9: no tests/template/test_contract.py::test_each_path_and_each_path_its_function",
    ]
