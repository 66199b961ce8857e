"""The stack holds every rule, and every rule can be broken."""

import pytest

from tests.template.faults import FAULTS as OTHER_FAULTS
from tests.template.faults import Spoil
from tests.template.grant_faults import GRANT_FAULTS
from tests.template.rules import RULES
from tests.template.stack import actual

FAULTS = {**OTHER_FAULTS, **GRANT_FAULTS}


@pytest.mark.parametrize("rule", RULES)
def test_the_stack_holds(rule):
    assert list(RULES[rule](actual())) == []


@pytest.mark.parametrize(
    ("rule", "spoil"),
    [pytest.param(rule, spoil, id=f"{rule}: {what}") for rule, faults in FAULTS.items() for what, spoil in faults],
)
def test_a_fault_is_found(rule: str, spoil: Spoil):
    spoilt = actual()
    spoil(spoilt)

    assert list(RULES[rule](spoilt))


def test_every_rule_has_a_fault():
    assert set(FAULTS) == set(RULES)
