"""Everything in the template that keeps something is named in the registry of erasures."""

from __future__ import annotations

import json
import re

import pytest

from erasing.registry import EMPTIED, FORGETTING, FORGETTING_TYPES, IMPERSONAL, KEPT
from local.template.transform import ROOT
from tests.template.stack import actual
from tests.template.test_contract import WITH_ALL

ALL = {**WITH_ALL, "SignIn": "true", "EventArchiveDays": "21", "LogRetentionDays": "60"}
DAY = 86_400
# What keeps nothing, whatever it is called. A type that is neither here nor in a rule below fails the test.
KEEPS_NOTHING = {
    "AWS::ApiGateway::ApiKey",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::GatewayResponse",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGateway::UsagePlan",
    "AWS::ApiGateway::UsagePlanKey",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::RouteResponse",
    "AWS::ApiGatewayV2::Stage",
    "AWS::CloudWatch::Alarm",
    "AWS::Cognito::UserPoolClient",
    "AWS::Cognito::UserPoolDomain",
    "AWS::Cognito::UserPoolGroup",
    "AWS::Cognito::UserPoolResourceServer",
    "AWS::Events::Rule",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Version",
    "AWS::Logs::MetricFilter",
    "AWS::S3::BucketPolicy",
    "AWS::SES::ConfigurationSetEventDestination",
    "AWS::SQS::QueuePolicy",
}


def resources(**parameters):
    """What a stack with everything on has."""
    return actual().resolved(**{**ALL, **parameters})["Resources"]


def named():
    """The resources that the registry names one by one."""
    kept = [names for _, names in KEPT.values()]
    return {name for names in (*EMPTIED.values(), *FORGETTING.values(), *kept) for name in names} | set(IMPERSONAL)


def unnamed(stack):
    """The resources that keep something, and which the registry does not name."""
    known, types = named(), {*KEEPS_NOTHING, "AWS::SQS::Queue", "AWS::Logs::LogGroup"}
    return {name for name, block in stack.items() if name not in known and block["Type"] not in types}


def days(**parameters):
    """The setting ERASURE_DAYS, as a function gets it."""
    block = resources(**parameters)["CarryOutErasureFunction"]["Properties"]
    return json.loads(block["Environment"]["Variables"]["ERASURE_DAYS"])


def kept_longer(stack, told):
    """Queues, logs, archives and files that keep something for more days than a receipt says."""
    longest = {
        "AWS::SQS::Queue": ("MessageRetentionPeriod", 345_600, told["failureQueues"] * DAY),
        "AWS::Logs::LogGroup": ("RetentionInDays", 10**6, told["logs"]),
        "AWS::Events::Archive": ("RetentionDays", 10**6, told["eventArchive"]),
    }
    found = {
        name
        for name, block in stack.items()
        for member, default, most in [longest.get(block["Type"], ("", 0, 0))]
        if int(block["Properties"].get(member, default)) > most
    }
    rules = stack["BulkBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    ends = [rule["ExpirationInDays"] + 1 for rule in rules if "ExpirationInDays" in rule]
    return found | ({"BulkBucket"} if max(ends) > told["transferFiles"] else set())


def test_all_that_keeps_something_is_named():
    assert unnamed(resources()) == set()


@pytest.mark.parametrize(
    "type_",
    [
        "AWS::DynamoDB::Table",
        "AWS::DynamoDB::GlobalTable",
        "AWS::S3::Bucket",
        "AWS::Cognito::UserPool",
        "AWS::RDS::DBCluster",
    ],
)
def test_a_place_that_is_added_and_not_named_is_found(type_):
    assert unnamed({**resources(), "SearchTable": {"Type": type_, "Properties": {}}}) == {"SearchTable"}


def test_what_is_named_is_there():
    assert named() <= set(resources())
    assert set(FORGETTING_TYPES.values()) <= {block["Type"] for block in resources().values()}


def test_each_place_of_the_registry_is_built_and_no_other():
    places = {place.name for place in built()}
    assert places == set(EMPTIED)


def built():
    """The places of a function with everything on."""
    import os

    from erasing import wiring
    from utils.deadline import Deadline

    own = resources()["GetErasureFunction"]["Properties"]["Environment"]["Variables"]
    before = dict(os.environ)
    os.environ.update(dict.fromkeys(own, "x") | {"USERS_TABLE": "x", "USER_KEYS_TABLE": "x"})
    os.environ.update({"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"})
    os.environ.update({"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"})
    try:
        return wiring.places(Deadline(1))
    finally:
        os.environ.clear()
        os.environ.update(before)
        wiring._built.clear()


def test_the_receipt_has_a_date_for_each_that_forgets():
    told = days()
    assert set(told) == {*FORGETTING, *FORGETTING_TYPES}
    assert all(told.values())
    assert (told["eventArchive"], told["logs"]) == (21, 60)
    assert kept_longer(resources(), told) == set()


def test_what_a_stack_lacks_has_no_date():
    off = {"Webhooks": "false", "LiveUpdates": "false", "Bulk": "false", "MailSender": "", "EventArchiveDays": "0"}
    told = days(**off)
    lacking = {"deletionNotices", "liveMessages", "transferFiles", "transferJobs", "olderSuppressions", "eventArchive"}
    assert {name for name, kept in told.items() if kept == 0} == lacking


@pytest.mark.parametrize(
    ("name", "block"),
    [
        ("New", {"Type": "AWS::SQS::Queue", "Properties": {"MessageRetentionPeriod": 1_300_000}}),
        ("New", {"Type": "AWS::Logs::LogGroup", "Properties": {}}),
        ("EventArchive", {"Type": "AWS::Events::Archive", "Properties": {"RetentionDays": 22}}),
    ],
)
def test_what_keeps_longer_than_the_receipt_says_is_found(name, block):
    assert kept_longer({**resources(), name: block}, days()) == {name}


def test_the_dates_of_items_are_those_of_the_code():
    from live.recent import KEPT_SECONDS as MESSAGES
    from mail.outcomes import SUPPRESSED_SECONDS
    from transfers.jobs import KEPT_SECONDS as JOBS
    from users.actors import KEPT_SECONDS as DELETIONS
    from users.people import TOMBSTONE_SECONDS
    from webhooks.delivery import KEPT_SECONDS as DELIVERIES

    told, late = days(), 2  # days that DynamoDB may take to remove what has expired
    assert told["tombstones"] * DAY >= max(DELETIONS, TOMBSTONE_SECONDS) + late * DAY
    assert told["deletionNotices"] * DAY >= DELIVERIES + late * DAY
    assert told["liveMessages"] * DAY >= MESSAGES + late * DAY
    assert told["olderSuppressions"] * DAY >= SUPPRESSED_SECONDS + late * DAY
    assert told["transferJobs"] * DAY >= JOBS + late * DAY


def test_the_page_names_everything():
    page = (ROOT / "docs/how-to/erase-a-person.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert told == {*EMPTIED, *FORGETTING, *FORGETTING_TYPES, *KEPT}


# The members of events that have personal data: they are in the archive and in queues, which forget by a date.
PERSONAL = {"email", "previousEmail"}
IDS_AND_NAMES = {"id", "schemaVersion", "userId", "userVersion", "time", "changed", "actor"}


def new_members(schema):
    """Members of events about which nobody has decided."""
    kinds = [kind for kind in schema["$defs"].values() if "schemaVersion" in kind["properties"]]
    assert len(kinds) == 3
    return {name for kind in kinds for name in kind["properties"]} - PERSONAL - IDS_AND_NAMES


def test_an_event_has_no_member_that_an_erasure_does_not_know():
    schema = json.loads((ROOT / "docs/reference/user-events.schema.json").read_text(encoding="utf-8"))
    assert new_members(schema) == set()
    schema["$defs"]["UserUpdated"]["properties"]["previousName"] = {"type": "string"}
    assert new_members(schema) == {"previousName"}
