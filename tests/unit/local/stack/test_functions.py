"""Which functions the emulated AWS is told of, and what."""

from __future__ import annotations

import pytest

from local.stack.deploy import stack_template
from local.stack.functions import references
from local.template.intrinsics import Resolver
from local.template.source import read_template
from local.template.transform import transformed

HEAD = """\
Transform: AWS::Serverless-2016-10-31
Globals:
  Api: {OpenApiVersion: 3.0.1}
  Function: {Runtime: python3.13, CodeUri: ., Handler: a.b, Timeout: 9, Environment: {Variables: {SECRET: x}}}
Resources:
  Web:
    Type: AWS::Serverless::Function
    Properties:
      Events: {Get: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /a, Method: GET}}}
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: Prod}}
  Queue: {Type: AWS::SQS::Queue}
"""


def told(tmp_path, resources):
    """The stack's resources but the queue, for further resources of a template."""
    path = tmp_path / "template.yaml"
    path.write_text(HEAD + resources)
    source = read_template(path)
    found = stack_template(Resolver(transformed(source), {}))["Resources"]
    assert found.pop("Queue")["DeletionPolicy"] == "Retain"
    return found


def test_a_function_of_the_api_alone_is_not_told_of(tmp_path):
    assert told(tmp_path, "") == {}


def test_a_function_of_a_queue_comes_with_its_mapping_and_without_its_code_or_environment(tmp_path):
    found = told(
        tmp_path,
        """\
  Job:
    Type: AWS::Serverless::Function
    Properties: {Events: {Jobs: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}}
""",
    )
    assert found.keys() == {"Job", "JobJobs"}
    assert found["Job"]["Properties"].items() >= {"FunctionName": "users-api-Job", "Timeout": 9, "Code": {}}.items()
    assert "Environment" not in found["Job"]["Properties"]
    assert found["JobJobs"]["Properties"]["EventSourceArn"] == {"Fn::GetAtt": ["Queue", "Arn"]}
    assert not any("DeletionPolicy" in block for block in found.values())


def test_a_function_of_the_api_that_a_rule_invokes_too_is_told_of(tmp_path):
    found = told(
        tmp_path,
        """\
  Rule:
    Type: AWS::Events::Rule
    Properties: {EventPattern: {source: [a]}, Targets: [{Id: a, Arn: !GetAtt Web.Arn}]}
""",
    )
    assert found.keys() == {"Rule", "Web"}


def test_permissions_are_told_but_those_of_the_api(tmp_path):
    permission = "Type: AWS::Lambda::Permission, Properties: {Action: lambda:InvokeFunction"
    found = told(
        tmp_path,
        f"""\
  Other: {{{permission}, FunctionName: !Ref Web, Principal: logs.amazonaws.com}}}}
  Again: {{{permission}, FunctionName: !Ref Web, Principal: apigateway.amazonaws.com}}}}
""",
    )
    assert found.keys() == {"Other", "Web"}


def told_of_alias(tmp_path, more):
    """The same for a function of the queue that has an alias, and one further property."""
    return told(
        tmp_path,
        f"""\
  Job:
    Type: AWS::Serverless::Function
    Properties:
      {more}
      AutoPublishAlias: live
      Events: {{Jobs: {{Type: SQS, Properties: {{Queue: !GetAtt Queue.Arn}}}}}}
""",
    )


def test_an_alias_stands_for_its_function(tmp_path):
    found = told_of_alias(tmp_path, "CodeUri: s3://bucket/key")
    kinds = sorted(block["Type"].rpartition("::")[2] for block in found.values())
    assert kinds == ["Alias", "EventSourceMapping", "Function", "Version"]


def test_all_names_of_a_function_stand_for_the_one_code_that_there_is(tmp_path):
    found = told_of_alias(tmp_path, "EventInvokeConfig: {MaximumRetryAttempts: 0}")
    by_kind = {block["Type"].rpartition("::")[2]: block["Properties"] for block in found.values()}
    assert by_kind["EventSourceMapping"]["FunctionName"] == {"Ref": "Job"}
    assert by_kind["Alias"]["FunctionVersion"] == by_kind["EventInvokeConfig"]["Qualifier"] == "$LATEST"


def test_language_extensions_are_left_to_the_emulated_aws_which_is_told_that_they_are_used(tmp_path):
    path = tmp_path / "template.yaml"
    path.write_text(
        f"{HEAD}  Parameter: {{Type: AWS::SSM::Parameter, Properties: {{Value: {{Fn::Length: [1, 2]}}}}}}\n"
    )
    shown = stack_template(Resolver(transformed(read_template(path)), {}))
    assert shown["Transform"] == "AWS::LanguageExtensions"
    assert shown["Resources"]["Parameter"]["Properties"]["Value"] == {"Fn::Length": [1, 2]}


@pytest.mark.parametrize(
    ("properties", "size", "on"),
    [
        ("", 10, True),
        ("StartingPosition: LATEST", 100, True),
        ("BatchSize: 7, Enabled: false", 7, False),
        ("BatchSize: !Ref AWS::NoValue", 10, True),
        ("BatchSize: !If [C, 5, !Ref AWS::NoValue]", {"Fn::If": ["C", 5, 10]}, True),
    ],
)
def test_a_mapping_says_what_it_leaves_to_its_defaults(tmp_path, properties, size, on):
    found = told(
        tmp_path,
        f"""\
  M:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {{FunctionName: !Ref Web, EventSourceArn: !GetAtt Queue.Arn, {properties}}}
""",
    )["M"]["Properties"]
    assert (found["BatchSize"], found["Enabled"], found["FilterCriteria"]) == (size, on, {})


@pytest.mark.parametrize("config", ["", "EventInvokeConfig: {MaximumRetryAttempts: 0},"])
def test_dead_letters_are_a_destination(tmp_path, config):
    found = told(
        tmp_path,
        f"""\
  Job:
    Type: AWS::Serverless::Function
    Properties: {{{config} DeadLetterQueue: {{Type: SQS, TargetArn: !GetAtt Queue.Arn}}}}
""",
    )
    [properties] = [
        block["Properties"] for block in found.values() if block["Type"] == "AWS::Lambda::EventInvokeConfig"
    ]
    assert properties["DestinationConfig"] == {"OnFailure": {"Destination": {"Fn::GetAtt": ["Queue", "Arn"]}}}
    assert properties.get("MaximumRetryAttempts") == (0 if config else None)


def test_a_destination_of_its_own_goes_before_dead_letters(tmp_path):
    found = told(
        tmp_path,
        """\
  Topic: {Type: AWS::SNS::Topic}
  Job:
    Type: AWS::Serverless::Function
    Properties:
      DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Queue.Arn}
      EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: SNS, Destination: !Ref Topic}}}
""",
    )
    [properties] = [
        block["Properties"] for block in found.values() if block["Type"] == "AWS::Lambda::EventInvokeConfig"
    ]
    assert properties["DestinationConfig"]["OnFailure"]["Destination"] == {"Ref": "Topic"}


@pytest.mark.parametrize(
    ("node", "names"),
    [
        ({"Ref": "A"}, {"A"}),
        ({"Fn::GetAtt": ["A", "Arn"]}, {"A"}),
        ({"Fn::GetAtt": "A.Arn"}, {"A"}),
        ({"Fn::Sub": "x ${A.Arn} ${!B} ${C}"}, {"A", "C"}),
        ({"Fn::Sub": ["${A}", {"B": {"Ref": "D"}}]}, {"A", "D"}),
        ({"deep": [{"in": {"Fn::If": ["x", {"Ref": "A"}, {"Ref": "B"}]}}]}, {"A", "B"}),
        ({"Ref": 1, "other": "A"}, set()),
    ],
)
def test_references(node, names):
    assert references([node]) == names
