"""Resource types that do not exist are told at once, with their line."""

from __future__ import annotations

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from local.template.resource_types import TYPES, check_types
from local.template.source import TemplateError, read_template
from tests.template.stack import TEMPLATE


def refusal(folder, resources):
    """Why a template with these resources is refused, or nothing."""
    path = folder / "template.yaml"
    path.write_text(f"Resources:\n{resources}")
    try:
        check_types(read_template(path))
    except TemplateError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        (
            "  A:\n    Type: AWS::DynamoDB::Tabel\n",
            "template.yaml:3: there is no resource type AWS::DynamoDB::Tabel; did you mean AWS::DynamoDB::Table?",
        ),
        (
            "  A:\n    Type: AWS::Serverless::Funktion\n",
            "template.yaml:3: there is no resource type AWS::Serverless::Funktion; "
            "did you mean AWS::Serverless::Function?",
        ),
        ("  A: {Type: AWS::SQS::Everything}\n", "template.yaml:2: there is no resource type AWS::SQS::Everything"),
        ("  A: {Type: Table}\n", "template.yaml:2: there is no resource type Table"),
        ("  A: {}\n", "template.yaml:2: A has no Type"),
        ("  A:\n", "template.yaml:2: A has no Type"),
        (
            "  Fn::ForEach::All:\n    - N\n    - [a]\n    - A${N}: {Type: AWS::SNS::Topik}\n",
            "template.yaml:5: there is no resource type AWS::SNS::Topik; did you mean AWS::SNS::Topic?",
        ),
    ],
)
def test_a_type_that_does_not_exist_is_refused_with_its_line(tmp_path, resources, said):
    assert refusal(tmp_path, resources) == said


@pytest.mark.parametrize("kind", ["AWS::SomethingNew::Thing", "Custom::Mine", "Org::Some::Thing::MODULE"])
def test_types_that_are_not_in_the_table_pass(tmp_path, kind):
    assert refusal(tmp_path, f"  A: {{Type: {kind}}}\n") == ""


def test_the_projects_own_types_pass():
    check_types(read_template(TEMPLATE))


@pytest.mark.parametrize("service", TYPES)
def test_the_table_holds_all_types_of_a_service(service):
    known = PROVIDER_SCHEMA_MANAGER.get_resource_types("us-east-1")
    assert set(TYPES[service].split()) == {
        kind.split("::")[2] for kind in known if kind.startswith(f"AWS::{service}::") and not kind.endswith("::MODULE")
    }
