"""local.stack: what CloudFormation is given, and which calls bring a table to what the template says."""

from __future__ import annotations

import pytest

from local.stack.deploy import stack_template
from local.stack.tables import TableConflict, index_changes, protection_changes, replica, stream_changes
from local.template.intrinsics import Resolver

TEMPLATE = {
    "Parameters": {"Environment": {"Type": "String", "Default": "dev"}},
    "Conditions": {"Production": {"Fn::Equals": [{"Ref": "Environment"}, "prod"]}},
    "Resources": {
        "UsersTable": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "Users"}},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {}},
        "Failures": {"Type": "AWS::SQS::Queue", "DeletionPolicy": "Delete", "DependsOn": ["Role", "Jobs"]},
        "Jobs": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "QueueName": {"Fn::Sub": "${AWS::StackName}-${UsersTable}-jobs"},
                "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Failures", "Arn"]}, "maxReceiveCount": 3},
                "Tags": [
                    {"Key": "table", "Value": {"Ref": "UsersTable"}},
                    {"Key": "stream", "Value": {"Fn::GetAtt": "UsersTable.StreamArn"}},
                    {"Key": "both", "Value": {"Fn::Sub": ["${a}-${!b}-${Failures.Arn}", {"a": {"Ref": "Role"}}]}},
                ],
            },
        },
        "Archive": {"Type": "AWS::S3::Bucket", "Condition": "Production"},
    },
}
STREAM = {"StreamViewType": "NEW_AND_OLD_IMAGES"}
INDEX = {
    "IndexName": "email",
    "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}
ATTRIBUTES = [{"AttributeName": "email", "AttributeType": "S"}]


def cloudformation_gets(**parameters):
    """The resources of TEMPLATE that CloudFormation is given."""
    resolver = Resolver(
        TEMPLATE,
        {"Environment": "dev", **parameters},
        stack="users-api",
        attributes={("UsersTable", "StreamArn"): "arn:stream"},
    )
    return stack_template(resolver)["Resources"]


def test_cloudformation_gets_what_it_makes_well_and_what_is_wanted():
    assert set(cloudformation_gets()) == {"Failures", "Jobs"}
    assert set(cloudformation_gets(Environment="prod")) == {"Failures", "Jobs", "Archive"}


def test_references_to_the_rest_become_what_they_stand_for():
    properties = cloudformation_gets()["Jobs"]["Properties"]
    assert properties["QueueName"] == {"Fn::Sub": "${AWS::StackName}-Users-jobs"}
    assert [tag["Value"] for tag in properties["Tags"]] == [
        "Users",
        "arn:stream",
        {"Fn::Sub": ["${a}-${!b}-${Failures.Arn}", {"a": "users-api-Role"}]},
    ]
    assert properties["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["Failures", "Arn"]}


def test_dependencies_on_the_rest_are_dropped():
    assert cloudformation_gets()["Failures"]["DependsOn"] == ["Jobs"]


def test_nothing_is_removed_that_may_hold_data():
    assert {block["DeletionPolicy"] for block in cloudformation_gets(Environment="prod").values()} == {"Retain"}


def test_a_stream_that_is_as_wanted_is_left_alone():
    assert (
        stream_changes({"StreamSpecification": {**STREAM, "StreamEnabled": True}}, {"StreamSpecification": STREAM})
        == []
    )
    assert stream_changes({}, {}) == []


def test_a_stream_is_turned_on_off_and_over():
    on, off = {**STREAM, "StreamEnabled": True}, {"StreamEnabled": False}
    keys = {"StreamViewType": "KEYS_ONLY"}
    assert stream_changes({}, {"StreamSpecification": STREAM}) == [{"StreamSpecification": on}]
    assert stream_changes({"StreamSpecification": on}, {}) == [{"StreamSpecification": off}]
    assert stream_changes({"StreamSpecification": on}, {"StreamSpecification": keys}) == [
        {"StreamSpecification": off},
        {"StreamSpecification": {**keys, "StreamEnabled": True}},
    ]


def test_indexes_are_added_removed_and_made_anew():
    other = {**INDEX, "Projection": {"ProjectionType": "KEYS_ONLY"}}
    has, wants = (
        {"GlobalSecondaryIndexes": [INDEX]},
        {"GlobalSecondaryIndexes": [INDEX], "AttributeDefinitions": ATTRIBUTES},
    )
    create = {"GlobalSecondaryIndexUpdates": [{"Create": INDEX}], "AttributeDefinitions": ATTRIBUTES}
    delete = {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "email"}}]}
    assert index_changes(has, wants) == []
    assert index_changes({}, wants) == [create]
    assert index_changes(has, {}) == [delete]
    assert index_changes({"GlobalSecondaryIndexes": [other]}, wants) == [delete, create]


def test_deletion_protection_follows_the_template():
    assert protection_changes({}, {"DeletionProtectionEnabled": False}) == []
    assert protection_changes({}, {"DeletionProtectionEnabled": True}) == [{"DeletionProtectionEnabled": True}]
    assert protection_changes({"DeletionProtectionEnabled": True}, {}) == [{"DeletionProtectionEnabled": False}]


GLOBAL = {
    "TableName": "Users",
    "KeySchema": [{"AttributeName": "userId", "KeyType": "HASH"}],
    "GlobalSecondaryIndexes": [{**INDEX, "ReadOnDemandThroughputSettings": {"MaxReadRequestUnits": 1}}],
    "StreamSpecification": STREAM,
    "Replicas": [
        {"Region": "eu-west-1", "DeletionProtectionEnabled": False},
        {
            "Region": "us-east-1",
            "DeletionProtectionEnabled": True,
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        },
    ],
}


def test_a_global_table_is_the_replica_of_its_region_as_a_plain_table():
    assert replica(GLOBAL, "us-east-1") == {
        "TableName": "Users",
        "KeySchema": [{"AttributeName": "userId", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [INDEX],
        "StreamSpecification": STREAM,
        "DeletionProtectionEnabled": True,
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "BillingMode": "PAY_PER_REQUEST",
    }
    assert replica(GLOBAL, "eu-west-1")["DeletionProtectionEnabled"] is False


def test_a_global_table_without_a_replica_here_is_told():
    with pytest.raises(TableConflict, match="add eu-north-1 to its Replicas"):
        replica(GLOBAL, "eu-north-1")
