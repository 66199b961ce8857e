"""The rules of a template: parameters that do not go together stop a start, with the line of the assertion."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.template.rules import check_rules
from local.template.source import TemplateError, read_template

PAIR = """\
Parameters: {Name: {Type: String, Default: ""}, Key: {Type: String, Default: ""}}
Rules:
  NameNeedsKey:
    RuleCondition: !Not [!Equals [!Ref Name, ""]]
    Assertions:
      - Assert: !Not [!Equals [!Ref Key, ""]]
        AssertDescription: Give both
"""


def refusal(folder: Path, template: str, **values: str) -> str:
    """Why these parameters are refused, or nothing."""
    (folder / "template.yaml").write_text(template)
    try:
        check_rules(read_template(folder / "template.yaml"), {"Name": "", "Key": "", **values})
    except TemplateError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("values", [{}, {"Key": "k"}, {"Name": "n", "Key": "k"}])
def test_parameters_that_go_together_are_taken(tmp_path: Path, values: dict[str, str]) -> None:
    assert refusal(tmp_path, PAIR, **values) == ""


def test_others_are_refused_with_the_reason_and_the_line(tmp_path: Path) -> None:
    assert (
        refusal(tmp_path, PAIR, Name="n") == "the parameters break the rule NameNeedsKey (template.yaml:6): Give both"
    )


def test_a_rule_without_a_condition_always_holds(tmp_path: Path) -> None:
    always = PAIR.replace('    RuleCondition: !Not [!Equals [!Ref Name, ""]]\n', "")
    assert refusal(tmp_path, always, Key="k") == ""
    assert refusal(tmp_path, always).endswith("(template.yaml:5): Give both")


def test_an_assertion_may_have_no_description(tmp_path: Path) -> None:
    silent = PAIR.replace("        AssertDescription: Give both\n", "")
    assert refusal(tmp_path, silent, Name="n").endswith("its assertion does not hold")


def test_a_rule_about_what_is_only_on_aws_is_left_to_it(tmp_path: Path) -> None:
    assert refusal(tmp_path, f"Metadata: {{RulesOfAWS: [NameNeedsKey]}}\n{PAIR}", Name="n") == ""
    assert refusal(tmp_path, f"Metadata: {{RulesOfAWS: [Another]}}\n{PAIR}", Name="n")


def test_a_rule_with_functions_of_cloudformation_alone_is_left_to_it(tmp_path: Path) -> None:
    other = PAIR.replace('!Not [!Equals [!Ref Key, ""]]', "{'Fn::Not': [{'Fn::Contains': [[a, b], !Ref Key]}]}")
    assert refusal(tmp_path, other, Name="n", Key="a") == ""
