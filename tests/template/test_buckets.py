"""Each bucket refuses what comes without TLS, and leaves all else to the roles."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.support.policies import DENY, SILENT, asked, of_resource
from tests.template.stack import actual, contract

ON = dict.fromkeys(("Events", "Pictures", "Bulk", "Webhooks", "LiveUpdates", "SignIn"), "true")
ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "s3:PutBucketPolicy")
RESOURCES = actual().resolved(**ON)["Resources"]
AVATAR = "/users/{userId}/avatar"
BUCKETS = sorted(name for name, block in RESOURCES.items() if block["Type"] == "AWS::S3::Bucket")


def name_of(bucket: str) -> str:
    """The name that a bucket gets in the resolved template."""
    return f"users-api-{bucket}"


def policy_of(bucket: str) -> Any:
    """The resolved policy of a bucket, or {} for one without."""
    policies = [block["Properties"] for block in RESOURCES.values() if block["Type"] == "AWS::S3::BucketPolicy"]
    return next((each["PolicyDocument"] for each in policies if each["Bucket"] == name_of(bucket)), {})


def decisions(bucket: str, policy: Any, *, secure: bool) -> set[str]:
    """What a policy decides about each action, on the bucket and on an object."""
    arn = f"arn:aws:s3:::{name_of(bucket)}"
    return {
        of_resource(policy, asked(action, resource, secure=secure))
        for action in ACTIONS
        for resource in (arn, f"{arn}/uploads/one", f"{arn}/a/b/c")
    }


def test_there_are_buckets():
    assert BUCKETS == ["BulkBucket", "PicturesBucket"]


@pytest.mark.parametrize("bucket", BUCKETS)
def test_nothing_comes_without_tls_and_all_else_is_left_to_the_roles(bucket):
    assert decisions(bucket, policy_of(bucket), secure=False) == {DENY}
    assert decisions(bucket, policy_of(bucket), secure=True) == {SILENT}


@pytest.mark.parametrize("bucket", BUCKETS)
@pytest.mark.parametrize(
    "change",
    [
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        {"Condition": {}},
        {"Effect": "Allow"},
        {"Action": "s3:GetObject"},
        {"Principal": {"AWS": "arn:aws:iam::000000000000:role/another"}},
        {"Resource": ["arn:aws:s3:::another", "arn:aws:s3:::another/*"]},
    ],
    ids=str,
)
def test_a_wrong_policy_is_caught(bucket, change):
    wrong = copy.deepcopy(policy_of(bucket))
    wrong["Statement"][0].update(change)
    assert (decisions(bucket, wrong, secure=False), decisions(bucket, wrong, secure=True)) != ({DENY}, {SILENT})


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_policy_without_the_bucket_or_without_its_objects_is_caught(bucket):
    for place in (0, 1):
        wrong = copy.deepcopy(policy_of(bucket))
        del wrong["Statement"][0]["Resource"][place]
        assert decisions(bucket, wrong, secure=False) != {DENY}


@pytest.mark.parametrize("bucket", BUCKETS)
def test_no_bucket_is_public(bucket):
    found = RESOURCES[bucket]["Properties"]
    assert len(found["PublicAccessBlockConfiguration"]) == 4
    assert set(found["PublicAccessBlockConfiguration"].values()) == {True}
    assert found["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


@pytest.mark.parametrize(("bucket", "days"), [("BulkBucket", 2), ("PicturesBucket", 1)])
def test_uploads_go_after_days_and_what_never_finished_after_one(bucket, days):
    rules = RESOURCES[bucket]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert {rule["Status"] for rule in rules} == {"Enabled"}
    assert [rule["ExpirationInDays"] for rule in rules if rule.get("Prefix") == "uploads/"] == [days]
    assert [rule["AbortIncompleteMultipartUpload"] for rule in rules if "AbortIncompleteMultipartUpload" in rule] == [
        {"DaysAfterInitiation": 1}
    ]


@pytest.mark.parametrize("origin", ["*", "https://app.example.com"])
def test_pages_of_the_origin_of_the_api_reach_a_bucket_and_no_others(origin):
    resources = actual().resolved(**ON, CorsOrigin=origin)["Resources"]
    for bucket in BUCKETS:
        (rule,) = resources[bucket]["Properties"]["CorsConfiguration"]["CorsRules"]
        assert (rule["AllowedOrigins"], rule["AllowedMethods"]) == ([origin], ["GET", "POST"])


def test_a_page_may_follow_the_api_to_a_picture_with_the_headers_of_its_request():
    """A browser asks the bucket for each of them, except for Authorization, which it leaves out on another server."""
    described = contract()
    refs = (it["$ref"].rpartition("/")[2] for it in described["paths"][AVATAR]["get"]["parameters"] if "$ref" in it)
    known = [described["components"]["parameters"][name] for name in refs]
    taken = {it["name"].lower() for it in known if it["in"] == "header"}
    [rule] = RESOURCES["PicturesBucket"]["Properties"]["CorsConfiguration"]["CorsRules"]
    assert set(rule["AllowedHeaders"]) == taken | {"x-api-key"}
