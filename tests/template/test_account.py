"""infra/account.yaml: the role for logs, and the budget, which is off."""

from __future__ import annotations

from typing import Any

import pytest

from local.template.parameters import parameter_values
from local.template.source import TemplateError, read_template
from local.template.transform import ROOT, load

ACCOUNT = ROOT / "infra" / "account.yaml"
BUDGET = {"MonthlyBudget": "50", "BudgetEmail": "ops@example.com"}


def resources(**parameters: str) -> dict[str, Any]:
    return dict(load(ACCOUNT, parameters)["Resources"])


def test_there_is_no_budget_unless_somebody_asks_for_one() -> None:
    assert set(resources()) == {"GatewayLogRole", "GatewayAccount"}
    assert set(resources(**BUDGET)) == {"GatewayLogRole", "GatewayAccount", "Budget"}


def test_the_role_that_is_set_can_stay() -> None:
    assert set(resources(LogRole="false", **BUDGET)) == {"Budget"}


def test_the_forecast_and_the_bill_are_told_to_the_address() -> None:
    budget = resources(**BUDGET)["Budget"]["Properties"]
    told = budget["NotificationsWithSubscribers"]
    assert budget["Budget"]["BudgetLimit"] == {"Amount": "50", "Unit": "USD"}
    kinds = [(each["Notification"]["NotificationType"], int(each["Notification"]["Threshold"])) for each in told]
    assert kinds == [("FORECASTED", 100), ("ACTUAL", 80), ("ACTUAL", 100)]
    addresses = {who["Address"] for each in told for who in each["Subscribers"]}
    assert addresses == {"ops@example.com"}


@pytest.mark.parametrize(("name", "value"), [("MonthlyBudget", "-1"), ("BudgetEmail", "ops"), ("LogRole", "no")])
def test_a_wrong_value_is_refused(name: str, value: str) -> None:
    with pytest.raises(TemplateError, match=name):
        parameter_values(read_template(ACCOUNT), {name: value})
