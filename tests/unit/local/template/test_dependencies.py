"""Resources that wait for each other, for nobody or for what is not created stop the start, with their line."""

from __future__ import annotations

import pytest

from local.template import transform
from local.template.parameters import parameter_values
from local.template.shape import check_shape
from local.template.source import TemplateError, read_template
from local.template.transform import load, resolve
from tests.template.stack import TEMPLATE

REMOVE = "each waits for the next, and the last for the first: remove one of these references"
SAM = "Transform: AWS::Serverless-2016-10-31\n"
CODE = "Runtime: python3.13, Handler: index.handler, InlineCode: x"


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(transform, "CACHE", tmp_path / "cache")


def refusal(folder, text):
    """Why a template is refused, or nothing."""
    path = folder / "template.yaml"
    path.write_text(text)
    try:
        source = read_template(path)
        check_shape(source)
        if "Transform" in source.tree:
            load(path)
        else:
            resolve(source.tree, parameter_values(source, {}), source)
    except TemplateError as error:
        return str(error)
    return ""


def circle(line, *names, why=REMOVE):
    return f"template.yaml:{line}: circular dependency between resources: [{', '.join(names)}]; {why}"


ITSELF = "it waits for itself: remove one of these references"


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        ("DependsOn: B", "DependsOn: A", circle(4, "A", "B")),
        ("DependsOn: [B]", "Properties: {QueueName: !Ref A}", circle(4, "A", "B")),
        ("Properties: {QueueName: !GetAtt B.QueueName}", 'Properties: {QueueName: !Sub "x${A}"}', circle(4, "A", "B")),
        ('Properties: {QueueName: !Sub "${B.QueueName}"}', "DependsOn: A", circle(4, "A", "B")),
        ('Properties: {QueueName: !Sub ["${x}", {x: !Ref B}]}', "DependsOn: A", circle(4, "A", "B")),
        ("Properties: {QueueName: !If [Here, !Ref B, x]}", "DependsOn: A", circle(4, "A", "B")),
        ("Properties: {QueueName: !Join ['', [!Ref B]]}", "Metadata: {a: !Ref A}", circle(4, "A", "B")),
        ("Properties: {QueueName: !Ref A}", "DependsOn: A", circle(4, "A", why=ITSELF)),
        ("DependsOn: A", "DependsOn: A", circle(4, "A", why=ITSELF)),
        ("Properties: {QueueName: !GetAtt A.QueueName}", "DependsOn: A", circle(4, "A", why=ITSELF)),
        # no circles
        ("DependsOn: B", "DependsOn: C", ""),
        ("Properties: {QueueName: !If [Never, !Ref B, x]}", "DependsOn: A", ""),
        ("Properties: {QueueName: !If [Here, x, !Ref B]}", "DependsOn: A", ""),
        ("DependsOn: B", "Condition: Never\n    DependsOn: A", ""),
        ("Condition: Never\n    DependsOn: A", "DependsOn: A", ""),
        ('Properties: {QueueName: !Sub "${!B}"}', "DependsOn: A", ""),
        ('Properties: {QueueName: !Sub ["${B}", {B: x}]}', "DependsOn: A", ""),
        ("Properties: {QueueName: B}", "DependsOn: A", ""),
    ],
)
def test_resources_that_wait_for_each_other_are_refused(tmp_path, a, b, said):
    text = f"Resources:\n  A:\n    Type: AWS::SQS::Queue\n    {a}\n  B:\n    Type: AWS::SQS::Queue\n    {b}\n"
    rest = "  C: {Type: AWS::SQS::Queue}\nConditions: {Here: !Equals [a, a], Never: !Equals [a, b]}\n"
    assert refusal(tmp_path, text + rest) == said


def test_the_shortest_circle_is_named(tmp_path):
    text = "Resources:\n" + "".join(
        f"  {name}: {{Type: AWS::SQS::Queue, DependsOn: {needs}}}\n"
        for name, needs in {"Out": "A", "A": "[B, C]", "B": "[D]", "D": "[A]", "C": "[A]"}.items()
    )
    assert refusal(tmp_path, text) == circle(3, "A", "C")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (  # the permission is SAM's
            f"""\
Resources:
  App:
    Type: AWS::Serverless::Function
    Properties:
      {CODE.replace(", ", f"{chr(10)}      ")}
      Environment:
        Variables:
          BUCKET: !Ref Bucket
      Events:
        Upload: {{Type: S3, Properties: {{Bucket: !Ref Bucket, Events: "s3:ObjectCreated:*"}}}}
  Bucket: {{Type: AWS::S3::Bucket}}
""",
            circle(11, "App", "Bucket"),
        ),
        (
            f"""\
Resources:
  App:
    Type: AWS::Serverless::Function
    Properties:
      {CODE.replace(", ", f"{chr(10)}      ")}
      Environment: {{Variables: {{URL: !Sub "https://${{ServerlessRestApi}}.example.com"}}}}
      Events:
        Get: {{Type: Api, Properties: {{Path: /app, Method: get}}}}
""",
            circle(9, "App", "ServerlessRestApi"),
        ),
        (
            f"""\
Globals:
  Function:
    Environment:
      Variables:
        URL: !Ref ServerlessRestApi
Resources:
  App:
    Type: AWS::Serverless::Function
    Properties:
      {CODE.replace(", ", f"{chr(10)}      ")}
      Events:
        Get: {{Type: Api, Properties: {{Path: /app, Method: get}}}}
""",
            circle(6, "App", "ServerlessRestApi"),
        ),
        (
            f"""\
Resources:
  App:
    Type: AWS::Serverless::Function
    Properties:
      {CODE.replace(", ", f"{chr(10)}      ")}
      Policies: [{{Statement: [{{Effect: Allow, Action: "lambda:InvokeFunction", Resource: !GetAtt App.Arn}}]}}]
""",
            circle(9, "AppRole", "App"),
        ),
    ],
    ids=["the event of a bucket", "an API's URL", "an API's URL in the Globals", "a function's own role"],
)
def test_a_circle_through_what_sam_makes_is_refused_at_what_is_written(tmp_path, text, said):
    assert refusal(tmp_path, SAM + text) == said


def test_an_alarm_of_a_function_that_its_deployments_watch_is_no_circle(tmp_path):
    text = f"""\
Resources:
  App:
    Type: AWS::Serverless::Function
    Properties:
      {CODE.replace(", ", f"{chr(10)}      ")}
      AutoPublishAlias: live
      DeploymentPreference: {{Type: Canary10Percent5Minutes, Alarms: [!Ref Alarm]}}
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties: {{Dimensions: [{{Name: FunctionName, Value: !Ref App}}]}}
"""
    assert refusal(tmp_path, SAM + text) == ""


@pytest.mark.parametrize("written", ["Nobody", "[A, Nobody]"])
def test_a_resource_that_waits_for_nobody_is_refused_with_its_line(tmp_path, written):
    text = f"Resources:\n  A: {{Type: AWS::SQS::Queue}}\n  B:\n    Type: X::Y::Z\n    DependsOn: {written}\n"
    said = "template.yaml:5: B depends on 'Nobody', which is not a resource of the template"
    assert refusal(tmp_path, text) == said


NOT_CREATED = "which is not created because its condition Never is false; put the reference into an Fn::If"


@pytest.mark.parametrize(
    ("rest", "line"),
    [
        ("  B: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref A}}\n", 4),
        ("  B: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub '${A.Arn}'}}\n", 4),
        ("Outputs:\n  B: {Value: !GetAtt A.Arn}\n", 5),
        ("  B: {Type: AWS::SQS::Queue, Properties: {QueueName: !If [Never, !Ref A, x]}}\n", 0),
        ("  B: {Type: AWS::SQS::Queue, Condition: Never, Properties: {QueueName: !Ref A}}\n", 0),
        ("  B: {Type: AWS::SQS::Queue, DependsOn: A}\n", 0),
        ("Outputs:\n  B: {Condition: Never, Value: !GetAtt A.Arn}\n", 0),
    ],
)
def test_a_reference_to_what_is_not_created_is_refused(tmp_path, rest, line):
    text = "Conditions: {Never: !Equals [a, b]}\nResources:\n  A: {Type: AWS::SQS::Queue, Condition: Never}\n" + rest
    assert refusal(tmp_path, text) == (f"template.yaml:{line}: it refers to A, {NOT_CREATED}" if line else "")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{A: !Condition B, B: !Not [!Condition A]}", "circular dependency between conditions: [A, B]"),
        ("{A: !Condition A}", "circular dependency between conditions: [A]"),
        ("{A: !Condition Nobody}", "the condition 'Nobody' is used but is not defined under Conditions"),
        ("{A: !Equals [!Ref Q, x]}", "the condition A refers to the resource Q; a condition can refer to parameters, "
         "mappings and other conditions only"),
        ("{A: !Equals [!Ref Nobody, x]}", "'Nobody' is referenced but is neither a parameter nor a resource of the "
         "template"),
        ('{A: "false"}', "the condition A is not a condition; write one of Fn::And, Fn::Or, Fn::Not, Fn::Equals, "
         "Condition"),
        ("{A: !Ref P}", "the condition A is not a condition; write one of Fn::And, Fn::Or, Fn::Not, Fn::Equals, "
         "Condition"),
        ("{A: !Not [!Ref P]}", "an argument of Fn::Not is not a condition; write one of Fn::And, Fn::Or, Fn::Not, "
         "Fn::Equals, Condition"),
        ("{Q: !Equals [a, a], A: !Not [true]}", ""),
    ],
)  # fmt: skip
def test_a_condition_that_cannot_be_evaluated_is_refused_even_if_nothing_uses_it(tmp_path, written, said):
    text = f"Parameters: {{P: {{Type: String, Default: 'false'}}}}\nConditions: {written}\nResources:\n"
    text += "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !If [Q, a, b]}}\n" if "Q:" in written else (
        "  Q: {Type: AWS::SQS::Queue}\n"
    )  # fmt: skip
    assert refusal(tmp_path, text) == (f"template.yaml:2: {said}" if said else "")


PLAIN = "b of the map M has to be text or a list; Mappings take no functions"
LEVELS = "the map M has to be a mapping of keys, each of which is a mapping of keys and values"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{M: {a: {b: !Ref Q}}}", PLAIN),
        ("{M: {a: {b: [!FindInMap [M, a, b]]}}}", PLAIN),
        ("{M: {a: b}}", LEVELS),
        ("{M: text}", LEVELS),
        ("{M: {a: {b: 1, c: [x], d: true}}}", ""),
    ],
)
def test_a_map_with_anything_but_values_is_refused(tmp_path, written, said):
    text = f"Mappings: {written}\nResources:\n  Q: {{Type: AWS::SQS::Queue}}\n"
    assert refusal(tmp_path, text) == (f"template.yaml:1: {said}" if said else "")


@pytest.mark.parametrize("value", ["!Ref B", "!GetAtt B.Value", '!Sub "${A}"'])
def test_an_output_cannot_refer_to_an_output(tmp_path, value):
    text = f"Resources:\n  Q: {{Type: AWS::SQS::Queue}}\nOutputs:\n  A: {{Value: {value}}}\n  B: {{Value: !Ref Q}}\n"
    assert "template.yaml:4: " in refusal(tmp_path, text)
    assert "is referenced but is" in refusal(tmp_path, text)


def test_the_projects_own_template_has_no_circle():
    assert load(TEMPLATE)["Resources"]
