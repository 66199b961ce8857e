"""The steps of an import and of an export become dollars per million rows."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.report import bulk_cost, cost

BOOK = cost.prices()
ROWS = 1000


def step(**more: Any) -> dict[str, Any]:
    nothing: dict[str, Any] = {"runs": 1, "processor_ms": 0.0, "expected_reads": 0.0, "expected_writes": 0.0}
    return {**nothing, "calls": {}, "outside": {}, "memory_mb": 1024, **more}


def found(**steps: dict[str, Any]) -> dict[str, Any]:
    every = {name: step(runs=0) for names in bulk_cost.STEPS.values() for name in names}
    return {"rows": {"import": ROWS, "export": ROWS}, "part_rows": 500, "steps": {**every, **steps}}


def test_an_import_pays_for_its_units_its_objects_and_its_parts():
    one = bulk_cost.cost(
        BOOK, "import", found(import_rows=step(runs=2, expected_writes=6.0 * ROWS, outside={"s3.PutObject": 2}))
    )
    assert one.database == pytest.approx(6 * 0.625)
    assert one.requests == pytest.approx(2 * 0.2 / ROWS)
    assert one.objects == pytest.approx(2 * 5.0 / ROWS)
    assert one.transitions == pytest.approx(2 * 2 * 25.0 / ROWS)
    assert one.total == pytest.approx(one.database + one.requests + one.objects + one.transitions + one.compute)


def test_a_function_that_imports_is_billed_until_its_turn_or_longer():
    rate, functions = bulk_cost.rate()
    waiting = bulk_cost.cost(BOOK, "import", found(import_rows=step()))
    busy = bulk_cost.cost(BOOK, "import", found(import_rows=step(processor_ms=1e6)))
    assert waiting.compute == pytest.approx(functions / rate * 1.33334e-05 * 1e6)
    assert busy.compute > waiting.compute


def test_an_export_pays_for_no_parts_and_waits_for_nothing_but_its_calls():
    idle = bulk_cost.cost(BOOK, "export", found())
    read = bulk_cost.cost(BOOK, "export", found(export_users=step(calls={"Scan": 1}, expected_reads=ROWS)))
    assert idle.total == idle.transitions == 0
    assert read.database == pytest.approx(0.125)
    assert 0 < read.compute < bulk_cost.cost(BOOK, "import", found()).compute


def test_a_call_that_has_no_price_stops_the_page():
    with pytest.raises(KeyError):
        bulk_cost.cost(BOOK, "export", found(export_users=step(outside={"sns.Publish": 1})))


def test_each_is_a_line():
    assert [line[0] for line in bulk_cost.rows(BOOK, found())] == ["a million rows", "import", "export"]
