"""What a deployment would make, and the parameters in force."""

from __future__ import annotations

import pytest

from local.template.source import TemplateError
from tools import deployment, plan


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        (["--parameter-overrides", "A=1", "B=two words"], {"A": "1", "B": "two words"}),
        (["--no-progressbar", "--parameter-overrides", "A=1", "--debug", "B=2"], {"A": "1"}),
        (["--parameter-overrides", "A="], {"A": ""}),
        (["--parameter-overrides", "A=b=c"], {"A": "b=c"}),
        (["--parameter-overrides", "ParameterKey=A,ParameterValue=1 ParameterKey=B,ParameterValue=2"],
         {"A": "1", "B": "2"}),
        (["default", "A=1"], {}),
    ],
)  # fmt: skip
def test_parameters_are_read_as_the_sam_cli_reads_them(arguments, given):
    assert deployment.pairs(deployment.overrides(arguments)) == given


def test_a_resource_whose_condition_is_false_is_not_made():
    with_key = next(plan.plan({}))
    assert with_key != next(plan.plan({"ApiKeyRequired": "false"}))


def test_an_unknown_parameter_is_refused():
    with pytest.raises(TemplateError, match="Nonesuch"):
        list(plan.plan({"Nonesuch": "1"}))
