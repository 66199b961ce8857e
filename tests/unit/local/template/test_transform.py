"""Parameters, the SAM transform and its cache."""

from __future__ import annotations

import pytest

from local.template import transform
from local.template.__main__ import main
from local.template.functions import code_folder
from local.template.parameters import parse_parameters
from local.template.source import TemplateError, read_template
from local.template.transform import load, transformed

SAM = """\
Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
Parameters:
  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}
  Size: {Type: Number, Default: 3, MinValue: 1, MaxValue: 9}
  Word: {Type: String, Default: abc, AllowedPattern: "[a-z]+", MinLength: 2, MaxLength: 5}
  Names: {Type: CommaDelimitedList, Default: "a,b"}
Conditions: {Prod: !Equals [!Ref Stage, prod]}
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: a.b
      CodeUri: code/
      Environment: {Variables: {STAGE: !Ref Stage, NAMES: !Join ["+", !Ref Names]}}
  Fn::ForEach::Queues:
    - Name
    - !Ref Names
    - Queue${Name}:
        Type: AWS::SQS::Queue
        DeletionPolicy: !If [Prod, Retain, Delete]
        Properties: {QueueName: !Ref Name, Tags: [{Key: arn, Value: {Fn::GetAtt: [!Sub "Dead${Name}", Arn]}}]}
      Dead${Name}: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "${Name}-${AWS::StackName}"}}
"""


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr(transform, "CACHE", tmp_path / "cache")
    (tmp_path / "template.yaml").write_text(SAM)
    return tmp_path / "template.yaml"


def test_a_sam_function_becomes_a_lambda_function_with_its_folder(path):
    blocks = load(path)["Resources"]
    assert blocks["Function"]["Type"] == "AWS::Lambda::Function"
    assert code_folder(read_template(path), blocks["Function"]) == path.parent / "code"
    assert blocks["Function"]["Properties"]["Environment"]["Variables"] == {"STAGE": "dev", "NAMES": "a+b"}


def test_loops_are_written_out_and_policies_resolved(path):
    blocks = load(path, {"Names": "x,y", "Stage": "prod"})["Resources"]
    queues = {name: (block["DeletionPolicy"], block["Properties"]["QueueName"])
              for name, block in blocks.items() if name.startswith("Queue")}  # fmt: skip
    assert queues == {"Queuex": ("Retain", "x"), "Queuey": ("Retain", "y")}


def test_a_resource_of_a_loop_refers_to_another_of_its_turn(path):
    blocks = transformed(path)["Resources"]
    assert blocks["Queuea"]["Properties"]["Tags"][0]["Value"] == {"Fn::GetAtt": ["Deada", "Arn"]}
    assert blocks["Deada"]["Properties"]["QueueName"] == {"Fn::Sub": "a-${AWS::StackName}"}


def test_the_second_time_the_transform_is_not_done_again(path, monkeypatch):
    first = transformed(path)
    monkeypatch.setattr(transform, "transform", lambda *_: pytest.fail("done again"))
    assert transformed(path) == first


@pytest.mark.parametrize("change", [SAM.replace("a.b", "a.c"), SAM.replace("Default: dev", "Default: prod")])
def test_it_is_done_again_when_the_text_changes(path, change):
    first = transformed(path)
    path.write_text(change)
    assert transformed(path) != first


def test_or_a_parameter(path):
    transformed(path)
    transformed(path, {"Stage": "prod"})
    assert len(list((path.parent / "cache").glob("template-*.json"))) == 2


def test_a_cache_that_cannot_be_written_costs_only_time(path, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(transform, "CACHE", tmp_path / "file" / "cache")
    assert load(path)["Resources"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"Nope": "1"}, "has no parameter 'Nope'; it has Names, Size, Stage, Word"),
        ({"Stage": "test"}, "breaks the rule at template.yaml:3: it must be one of dev, prod"),
        ({"Size": "many"}, "it must be a number"),
        ({"Size": "0"}, "it must be at least 1"),
        ({"Size": "10"}, "it must be at most 9"),
        ({"Word": "AB"}, "it must match [a-z]+"),
        ({"Word": "a"}, "it must have at least 2 characters"),
        ({"Word": "abcdef"}, "it must have at most 5 characters"),
    ],
)
def test_a_parameter_that_cloudformation_would_refuse_is_refused(path, given, words):
    with pytest.raises(TemplateError) as error:
        load(path, given)
    assert words in str(error.value)


def test_a_parameter_without_a_default_must_be_given(path):
    path.write_text(SAM.replace("Default: dev, ", ""))
    with pytest.raises(TemplateError, match=r"the parameter 'Stage' .* has no default"):
        load(path)


@pytest.mark.parametrize(
    ("text", "parsed"),
    [("", {}), ("A=1", {"A": "1"}), ("A=1  B=", {"A": "1", "B": ""}), ("A='x y' B=c=d", {"A": "x y", "B": "c=d"})],
)
def test_parameters_are_written_name_is_value(text, parsed):
    assert parse_parameters(text) == parsed


@pytest.mark.parametrize("text", ["A", "=1", "A=1 B", "'"])
def test_anything_else_is_refused(text):
    with pytest.raises(TemplateError):
        parse_parameters(text)


def test_the_command_prints_what_aws_would_see(path, capsys):
    assert main(["--template", str(path), "--resolved", "Stage=prod"]) == 0
    assert '"STAGE": "prod"' in capsys.readouterr().out
    assert main(["--template", str(path), "Stage=x"]) == 1


def test_a_function_that_sam_does_not_make_may_name_its_folder(tmp_path):
    (tmp_path / "template.yaml").write_text(
        "Resources:\n  Job:\n    Type: AWS::Lambda::Function\n    Properties: {Code: code/, Handler: a.b}\n"
    )
    source = read_template(tmp_path / "template.yaml")
    assert code_folder(source, source.tree["Resources"]["Job"]) == (tmp_path / "code").resolve()
