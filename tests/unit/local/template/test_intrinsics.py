"""Intrinsic functions and conditions."""

from __future__ import annotations

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from local.template.attributes import ARN, ATTRIBUTES
from local.template.intrinsics import Resolver
from local.template.source import TemplateError

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function"
TEMPLATE = {
    "Conditions": {
        "Prod": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
        "NotProd": {"Fn::Not": [{"Condition": "Prod"}]},
        "Both": {"Fn::And": [{"Condition": "Prod"}, {"Condition": "NotProd"}]},
        "Either": {"Fn::Or": [{"Condition": "Prod"}, {"Condition": "NotProd"}]},
    },
    "Mappings": {"Sizes": {"dev": {"memory": 128}}},
    "Resources": {
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": {"Ref": "Name"}}},
        "Bare": {"Type": "AWS::DynamoDB::Table"},
        "Queue": {"Type": "AWS::SQS::Queue"},
        "OnlyProd": {"Type": "AWS::SQS::Queue", "Condition": "Prod"},
        "Job": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "job"}},
        "Live": {"Type": "AWS::Lambda::Alias", "Properties": {"Name": "live", "FunctionName": {"Ref": "Job"}}},
        "First": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Job"}}},
        "ByArn": {
            "Type": "AWS::Lambda::Alias",
            "Properties": {"Name": "next", "FunctionName": {"Fn::GetAtt": ["Job", "Arn"]}},
        },
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Pool": {"Type": "AWS::Cognito::UserPool"},
        "Unknown": {"Type": "AWS::Pipes::Pipe"},
        "Circle": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Circle"}}},
    },
}
PARAMETERS = {"Stage": "dev", "Name": "Users", "List": ["a", "b"], "Flag": "true"}


@pytest.fixture
def resolver():
    return Resolver(TEMPLATE, PARAMETERS)


@pytest.mark.parametrize(
    ("written", "resolved"),
    [
        ({"Ref": "Stage"}, "dev"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Ref": "Table"}, "Users"),
        ({"Ref": "Bare"}, "users-api-Bare"),
        ({"Ref": "Circle"}, "users-api-Circle"),
        ({"Fn::GetAtt": ["Table", "Arn"]}, "arn:aws:dynamodb:us-east-1:000000000000:table/Users"),
        ({"Fn::GetAtt": "Bare.Arn"}, "arn:aws:dynamodb:us-east-1:000000000000:table/users-api-Bare"),
        ({"Fn::Sub": "${Stage}-${Table}-${Table.Arn}-${!Literal}"},
         "dev-Users-arn:aws:dynamodb:us-east-1:000000000000:table/Users-${Literal}"),
        ({"Fn::Sub": ["${a}/${Stage}", {"a": {"Ref": "Name"}}]}, "Users/dev"),
        ({"Ref": "Live"}, f"{FUNCTION}:job:live"),
        ({"Ref": "ByArn"}, f"{FUNCTION}:job:next"),
        ({"Ref": "First"}, f"{FUNCTION}:job:1"),
        ({"Fn::GetAtt": ["First", "Version"]}, "1"),
        ({"Ref": "Topic"}, "arn:aws:sns:us-east-1:000000000000:users-api-Topic"),
        ({"Fn::GetAtt": ["Topic", "TopicArn"]}, "arn:aws:sns:us-east-1:000000000000:users-api-Topic"),
        ({"Fn::GetAtt": ["Topic", "TopicName"]}, "users-api-Topic"),
        ({"Fn::GetAtt": ["Queue", "QueueName"]}, "users-api-Queue"),
        ({"Fn::Sub": "${Pool.ProviderURL}"}, "https://cognito-idp.us-east-1.amazonaws.com/users-api-Pool"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Stage"}, 1, True]]}, "a-dev-1-true"),
        ({"Fn::If": ["Prod", "yes", "no"]}, "no"),
        ({"Fn::Select": ["1", {"Fn::Split": [",", "a,b"]}]}, "b"),
        ({"Fn::Select": [0, {"Ref": "List"}]}, "a"),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "memory"]}, 128),
        ({"Fn::FindInMap": ["Sizes", "x", "y", {"DefaultValue": 3}]}, 3),
        ({"Fn::Base64": "a"}, "YQ=="),
        ({"Fn::Length": {"Ref": "List"}}, 2),
        ({"Fn::ToJsonString": {"a": {"Ref": "Stage"}}}, '{"a":"dev"}'),
        ({"a": {"Ref": "AWS::NoValue"}, "b": 1}, {"b": 1}),
        (["a", {"Ref": "AWS::NoValue"}, {"Fn::If": ["Prod", "x", {"Ref": "AWS::NoValue"}]}], ["a"]),
        ({"Fn::Equals": [True, {"Ref": "Flag"}]}, True),
    ],
)  # fmt: skip
def test_functions(resolver, written, resolved):
    assert resolver.value(written) == resolved


def test_conditions(resolver):
    assert [resolver.condition(name) for name in ("Prod", "NotProd", "Both", "Either")] == [False, True, False, True]


def test_a_resource_whose_condition_is_false_is_left_out(resolver):
    resolved = resolver.resolved()
    assert "OnlyProd" not in resolved["Resources"]
    assert "Conditions" not in resolved


def test_what_exists_is_referred_to_by_its_own_id():
    topic = "arn:aws:sns:us-east-1:000000000000:the-topic"
    physical = {"Topic": topic, "Queue": "http://127.0.0.1:1/000000000000/the-queue", "Bare": "the-table"}
    resolver = Resolver(TEMPLATE, PARAMETERS, physical=physical, attributes={("Bare", "StreamArn"): "arn:stream"})
    assert resolver.value({"Ref": "Queue"}) == physical["Queue"]
    assert resolver.value({"Fn::GetAtt": ["Topic", "TopicArn"]}) == topic
    assert resolver.value({"Fn::GetAtt": ["Topic", "TopicName"]}) == "the-topic"
    assert resolver.value({"Fn::GetAtt": ["Queue", "Arn"]}) == "arn:aws:sqs:us-east-1:000000000000:the-queue"
    assert resolver.value({"Fn::GetAtt": ["Bare", "StreamArn"]}) == "arn:stream"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"Ref": "Nobody"}, "'Nobody' is referenced"),
        ({"Fn::GetAtt": ["Nobody", "Arn"]}, "'Nobody' is referenced"),
        ({"Fn::GetAtt": ["Table", "Ann"]}, "Table.Ann has no value here: AWS::DynamoDB::Table has no such attribute"),
        ({"Fn::Sub": "${Unknown.Arn}"}, "Unknown.Arn has no value here: AWS::Pipes::Pipe has no such attribute"),
        ({"Fn::If": ["Unknown", 1, 2]}, "the condition 'Unknown'"),
        ({"Fn::Select": [5, ["a"]]}, "Fn::Select cannot be resolved"),
        ({"Fn::FindInMap": ["Sizes", "x", "y"]}, "there is no Sizes.x.y"),
        ({"Fn::ImportValue": "x"}, "no other stack"),
    ],
)
def test_what_cannot_be_resolved_is_said(resolver, written, words):
    with pytest.raises(TemplateError) as error:
        resolver.value({"Place": [written]}, ("Resources",))
    assert words in str(error.value)


@pytest.mark.parametrize("kind", ATTRIBUTES)
def test_every_attribute_is_one_that_cloudformation_knows(kind):
    known = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).get_atts
    assert set(ATTRIBUTES[kind]) <= set(known)
    assert kind in ARN or "{arn}" not in "".join(ATTRIBUTES[kind].values())
