"""Dynamic references: found, replaced, or named with their line."""

from __future__ import annotations

import pytest

from local.template.dynamic import complete, filled
from local.template.source import Source, TemplateError, read_template

KNOWN = {"ssm:/a": "1", "ssm:/a:2": "2", "secretsmanager:s:SecretString:k": "3"}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("{{resolve:ssm:/a}}", "1"),
        ("x-{{resolve:ssm:/a}}-{{resolve:ssm:/a:2}}", "x-1-2"),
        ("{{resolve:secretsmanager:s:SecretString:k}}", "3"),
        ("{{resolve:ssm:/unknown}}", "{{resolve:ssm:/unknown}}"),
        ("{{resolve:other:/a}}", "{{resolve:other:/a}}"),
        ("{{name}}", "{{name}}"),
    ],
)
def test_what_is_known_is_replaced_and_the_rest_stays(text, result):
    assert filled({"A": [text, 7]}, KNOWN.get) == {"A": [result, 7]}


def test_a_value_that_is_a_reference_is_not_looked_up_again(tmp_path):
    assert filled("{{resolve:ssm:/b}}", {"ssm:/b": "{{resolve:ssm:/a}}"}.get) == "{{resolve:ssm:/a}}"


def test_one_that_is_read_here_and_not_known_is_named_with_its_line(tmp_path):
    path = tmp_path / "template.yaml"
    path.write_text(
        "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      Role: '{{resolve:ssm:/b}}'\n"
    )
    source = read_template(path)
    with pytest.raises(TemplateError) as error:
        complete(source, source.tree, KNOWN.get)
    assert str(error.value) == (
        'template.yaml:5: nothing here has the value of {{resolve:ssm:/b}}; give it with PARAMETERS="ssm:/b=..."'
    )


def test_one_of_a_type_that_is_not_created_does_not_matter(tmp_path):
    tree = {"Resources": {"D": {"Type": "AWS::RDS::DBInstance", "Properties": {"P": "{{resolve:ssm:/b}}"}}}}
    assert complete(Source(tmp_path / "template.yaml"), tree, KNOWN.get) == tree
