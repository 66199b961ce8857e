"""What Cognito charges becomes dollars a month."""

from __future__ import annotations

import pytest

from benchmarks.report import cost, sign_in_cost

BOOK = cost.prices()


@pytest.mark.parametrize(
    ("plan", "people", "dollars"),
    [("Lite", 10_000, 0), ("Lite", 10_001, 0.0055), ("Essentials", 50_000, 600), ("Plus", 10_000, 200)],
)
def test_people_above_the_allowance_are_paid_for(plan, people, dollars):
    assert sign_in_cost.dollars(BOOK, plan, people) == pytest.approx(dollars)


def test_each_number_of_people_is_a_line_and_each_plan_a_column():
    lines = sign_in_cost.rows(BOOK)
    assert lines[0] == ["people active in a month", "Lite", "Essentials", "Plus"]
    assert lines[2] == ["50,000", "220", "600", "1,000"]


def test_a_program_pays_for_its_client_and_its_tokens():
    assert sign_in_cost.tokens(BOOK) == 2920
    assert sign_in_cost.of_a_program(BOOK) == pytest.approx(6 + 2920 * 0.00225)
