"""The template's resources in the emulated AWS: created once, changed in place, never emptied."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from local.stack.deploy import StackError, deploy
from local.template import transform
from local.template.source import read_template
from tests.support.emulator import Emulator

SOURCE = read_template(Path(__file__).resolve().parent.parent.parent / "template.yaml")
MORE = {
    "Failures": {"Type": "AWS::SQS::Queue"},
    "Jobs": {
        "Type": "AWS::SQS::Queue",
        "Properties": {
            "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Failures", "Arn"]}, "maxReceiveCount": 3}
        },
    },
    "People": {
        "Type": "AWS::Cognito::UserPool",
        "Properties": {"UserPoolName": {"Fn::Sub": "people-of-${UsersTable}"}},
    },
    "Pictures": {"Type": "AWS::S3::Bucket"},
    "Changes": {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "EventPattern": {"source": ["users"]},
            "Targets": [{"Id": "jobs", "Arn": {"Fn::GetAtt": ["Jobs", "Arn"]}}],
        },
    },
}


@pytest.fixture(scope="module")
def transformed():
    """template.yaml, transformed."""
    return transform.transformed(SOURCE)


@pytest.fixture
def system():
    """An emulated AWS with nothing in it, because a stack has a fixed name."""
    with Emulator() as running:
        yield running


def with_more(transformed: dict[str, Any]) -> dict[str, Any]:
    """The template with resources that CloudFormation makes."""
    changed = copy.deepcopy(transformed)
    changed["Resources"].update(copy.deepcopy(MORE))
    return changed


def test_the_tables_are_as_in_the_template(system, transformed):
    names = deploy(transformed, {}, system.endpoint)
    client = system.client("dynamodb")
    users, keys = (client.describe_table(TableName=names[name])["Table"] for name in ("UsersTable", "UserKeysTable"))
    assert (names["UsersTable"], users["KeySchema"]) == ("Users", [{"AttributeName": "userId", "KeyType": "HASH"}])
    assert users["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert keys["KeySchema"] == [{"AttributeName": "key", "KeyType": "HASH"}]
    expiry = client.describe_time_to_live(TableName=names["UserKeysTable"])["TimeToLiveDescription"]
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiresAt"}


def test_parameters_are_obeyed(system, transformed):
    names = deploy(transformed, {"UsersTableName": "People", "Environment": "prod"}, system.endpoint)
    table = system.client("dynamodb").describe_table(TableName=names["UsersTable"])["Table"]
    assert (table["TableName"], table["DeletionProtectionEnabled"]) == ("People", True)


def test_deploying_again_keeps_what_the_tables_hold(system, transformed):
    client = system.client("dynamodb")
    first = deploy(transformed, {}, system.endpoint)
    before = client.describe_table(TableName="Users")["Table"]["TableId"]
    client.put_item(TableName="Users", Item={"userId": {"S": "a"}})
    changed = copy.deepcopy(transformed)
    properties = changed["Resources"]["UsersTable"]["Properties"]
    properties["AttributeDefinitions"].append({"AttributeName": "email", "AttributeType": "S"})
    properties["GlobalSecondaryIndexes"] = [
        {
            "IndexName": "email",
            "Projection": {"ProjectionType": "ALL"},
            "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
        }
    ]
    assert deploy(transformed, {}, system.endpoint) == first
    assert deploy(changed, {}, system.endpoint) == first
    table = client.describe_table(TableName="Users")["Table"]
    assert (table["TableId"], [index["IndexName"] for index in table["GlobalSecondaryIndexes"]]) == (before, ["email"])
    assert client.get_item(TableName="Users", Key={"userId": {"S": "a"}})["Item"]


def test_another_name_and_back_finds_the_same_users(system, transformed):
    client = system.client("dynamodb")
    deploy(transformed, {}, system.endpoint)
    client.put_item(TableName="Users", Item={"userId": {"S": "a"}})
    deploy(transformed, {"UsersTableName": "Other"}, system.endpoint)
    deploy(transformed, {}, system.endpoint)
    assert client.scan(TableName="Users")["Count"] == 1


def test_a_table_with_another_key_is_told_and_left_alone(system, transformed):
    deploy(transformed, {}, system.endpoint)
    changed = copy.deepcopy(transformed)
    changed["Resources"]["UsersTable"]["Properties"] |= {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    }
    with pytest.raises(
        StackError,
        match=r"the table Users has the key userId \(S\), but the template "
        r"now says id \(S\); give the table another name, or use another",
    ):
        deploy(changed, {}, system.endpoint)


def test_the_rest_is_created_once_and_changed_in_place(system, transformed):
    more = with_more(transformed)
    first = deploy(more, {}, system.endpoint)
    assert MORE.keys() | {"UsersTable", "UserKeysTable"} == first.keys()
    system.client("sqs").send_message(QueueUrl=first["Jobs"], MessageBody="kept")
    assert deploy(more, {}, system.endpoint) == first
    more["Resources"]["Jobs"]["Properties"]["VisibilityTimeout"] = 77
    assert deploy(more, {}, system.endpoint) == first
    attributes = system.client("sqs").get_queue_attributes(QueueUrl=first["Jobs"], AttributeNames=["All"])["Attributes"]
    assert (attributes["VisibilityTimeout"], attributes["ApproximateNumberOfMessages"]) == ("77", "1")
    pool = system.client("cognito-idp").describe_user_pool(UserPoolId=first["People"])["UserPool"]
    assert pool["Name"] == "people-of-Users"


def test_what_leaves_the_template_keeps_what_it_holds(system, transformed):
    first = deploy(with_more(transformed), {}, system.endpoint)
    system.client("s3").put_object(Bucket=first["Pictures"], Key="a", Body=b"a")
    less = with_more(transformed)
    del less["Resources"]["Pictures"]
    assert "Pictures" not in deploy(less, {}, system.endpoint)
    assert system.client("s3").get_object(Bucket=first["Pictures"], Key="a")["Body"].read() == b"a"


def test_a_resource_that_cannot_be_made_is_told_by_name(system, transformed):
    more = with_more(transformed)
    more["Resources"]["Jobs"]["Properties"]["RedrivePolicy"] = {"deadLetterTargetArn": "no arn", "maxReceiveCount": 3}
    more["Resources"]["Failures"]["Properties"] = {"VisibilityTimeout": -5}
    with pytest.raises(StackError, match=r"could not be created: (Failures|Jobs): "):
        deploy(more, {}, system.endpoint)
