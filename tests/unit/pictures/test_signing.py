"""Forms and URLs are signed as the AWS SDK signs them."""

from __future__ import annotations

import base64
import json
from urllib.parse import parse_qsl, urlsplit

import botocore.session
import pytest
from botocore.config import Config

from dynamodb.errors import ConfigurationError
from dynamodb.signing import Credentials
from pictures.signing import Bucket, bucket_from

KEY = "pictures/3f9c2a10-5b7e-4c1d-9e8f-0a1b2c3d4e5f/1795953600000-a~/d1-512.webp"
TOKENS = ["", "IQoJb3JpZ2luX2Vj/+=="]


@pytest.fixture(params=TOKENS, ids=["a key", "a session"])
def credentials(request):
    return Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", request.param)


def sdk(credentials, region="eu-west-1"):
    return botocore.session.Session().create_client(
        "s3",
        region_name=region,
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key=credentials.secret_key,
        aws_session_token=credentials.token or None,
        config=Config(
            signature_version="s3v4", s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"}
        ),
    )


def seconds(timestamp):
    from datetime import UTC, datetime

    return datetime.strptime(timestamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1", "cn-north-1"])
def test_a_url_is_the_sdk_s(credentials, region):
    theirs = sdk(credentials, region).generate_presigned_url("get_object", {"Bucket": "bucket", "Key": KEY}, 600)
    query = dict(parse_qsl(urlsplit(theirs).query))
    bucket = bucket_from({"AWS_REGION": region}, "bucket")
    ours = bucket.signed_url(KEY, seconds(query["X-Amz-Date"]), 600, credentials)
    assert dict(parse_qsl(urlsplit(ours).query)) == query
    assert urlsplit(ours)[:3] == urlsplit(theirs)[:3]


def test_a_form_is_the_sdk_s(credentials):
    conditions = [{"Content-Type": "image/png"}, ["content-length-range", 1, 1000]]
    theirs = sdk(credentials).generate_presigned_post(
        "bucket", KEY, {"Content-Type": "image/png"}, conditions, ExpiresIn=300
    )["fields"]
    now = seconds(theirs["x-amz-date"])
    ours = bucket_from({"AWS_REGION": "eu-west-1"}, "bucket").form(KEY, "image/png", 1000, now, 300, credentials)
    policy, other = (json.loads(base64.b64decode(fields.pop("policy"))) for fields in (ours, theirs))
    signatures = ours.pop("x-amz-signature"), theirs.pop("x-amz-signature")
    assert ours == theirs
    assert len({*signatures}) == 2  # the policies are the same but for the order of their conditions
    assert sorted(map(str, policy["conditions"])) == sorted(map(str, other["conditions"]))


def test_the_signature_of_a_policy_is_the_sdk_s(credentials):
    from botocore.auth import S3SigV4PostAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials as Theirs

    signed = Bucket("bucket", "eu-west-1", "https://bucket").form(KEY, "image/png", 1, 1795953600, 300, credentials)
    theirs = Theirs(credentials.access_key, credentials.secret_key, credentials.token or None)
    auth = S3SigV4PostAuth(theirs, "s3", "eu-west-1")
    request = AWSRequest("POST", "https://bucket")
    request.context["timestamp"] = signed["x-amz-date"]
    assert auth.signature(signed["policy"], request) == signed["x-amz-signature"]


def test_a_policy_ends_and_names_the_key_and_the_size(credentials):
    fields = Bucket("bucket", "eu-west-1", "https://bucket").form(KEY, "image/png", 9, 1795953600, 300, credentials)
    policy = json.loads(base64.b64decode(fields["policy"]))
    assert policy["expiration"] == "2026-11-29T12:05:00.000Z"
    assert {"key": KEY} in policy["conditions"]
    assert ["content-length-range", 1, 9] in policy["conditions"]


def test_a_custom_endpoint_has_the_bucket_in_its_path():
    bucket = bucket_from({"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:4566/"}, "b")
    assert (bucket.url, bucket.host, bucket.path) == ("http://127.0.0.1:4566/b", "127.0.0.1:4566", "/b")


def test_no_region_is_told():
    with pytest.raises(ConfigurationError, match="AWS_REGION"):
        bucket_from({}, "b")
