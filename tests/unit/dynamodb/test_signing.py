"""Signature Version 4, against AWS's documented examples and against botocore."""

from __future__ import annotations

import calendar
import hashlib
import hmac
import json
import time
from typing import Any

import botocore.awsrequest
import botocore.config
import botocore.session
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dynamodb.endpoints import Endpoint
from dynamodb.errors import ConfigurationError
from dynamodb.signing import Credentials, HmacSha256, Signer, signing_key
from dynamodb.transport import HttpTransport

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = (
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuw"
    "thAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcH"
    "NVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLx"
    "BA=="
)
HOST = {"host": "example.amazonaws.com", "x-amz-date": "20150830T123600Z"}
FORM = "application/x-www-form-urlencoded"
UNRESERVED = "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

# Of the AWS Signature Version 4 test suite, those without a query: method, path, headers, body, signature.
SUITE = {
    "get-vanilla": ("GET", "/", HOST, b"", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    "get-unreserved": (
        "GET",
        UNRESERVED,
        HOST,
        b"",
        "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
    ),
    "post-vanilla": ("POST", "/", HOST, b"", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    "post-x-www-form-urlencoded": (
        "POST",
        "/",
        {**HOST, "content-type": FORM},
        b"Param1=value1",
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ),
    "post-sts-header-before": (
        "POST",
        "/",
        {**HOST, "x-amz-security-token": TOKEN},
        b"",
        "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
    ),
}


@pytest.mark.parametrize("name", SUITE)
def test_the_examples_of_the_aws_test_suite_hold(name):
    method, path, headers, body, signature = SUITE[name]
    signer = Signer("us-east-1", "service")
    value = signer.authorization(method, path, headers, body, Credentials("AKIDEXAMPLE", SECRET), "20150830T123600Z")
    assert value == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders={';'.join(sorted(headers))}, Signature={signature}"
    )


def test_the_post_of_the_general_reference_holds():
    headers = {
        "host": "iam.amazonaws.com",
        "content-type": f"{FORM}; charset=utf-8",
        "x-amz-date": "20110909T233600Z",
    }
    body = b"Action=ListUsers&Version=2010-05-08"
    credentials = Credentials("AKIDEXAMPLE", SECRET)
    value = Signer("us-east-1", "iam").authorization("POST", "/", headers, body, credentials, "20110909T233600Z")
    assert value.endswith("Signature=ced6826de92d2bdeed8f846f0bf508e8559e98e4b0199114b84c54174deb456c")


@pytest.mark.parametrize(
    ("date", "key"),
    [
        ("20110909", "98f1d889fec4f4421adc522bab0ce1f82e6929c262ed15e5a94c90efd1e3b0e7"),
        ("20150830", "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"),
    ],
)
def test_the_derived_keys_of_the_general_reference_hold(date, key):
    assert signing_key(SECRET, date, "us-east-1", "iam").hex() == key


@settings(deadline=None)
@given(st.binary(max_size=200), st.text(max_size=300))
def test_the_hmac_is_the_standard_librarys(key, message):
    assert HmacSha256(key).digest(message) == hmac.new(key, message.encode(), hashlib.sha256).digest()


def test_the_derived_key_changes_with_the_day_and_with_the_secret():
    signer = Signer("us-east-1", "service")
    one, other = Credentials("AKIDEXAMPLE", SECRET), Credentials("AKIDEXAMPLE", SECRET + "x")
    days = ["20150830T123600Z", "20150831T000000Z", "20150830T123600Z"]
    signed = [signer.authorization("GET", "/", HOST, b"", who, day) for who in (one, other, one) for day in days]
    fresh = [
        Signer("us-east-1", "service").authorization("GET", "/", HOST, b"", who, day)
        for who in (one, other, one)
        for day in days
    ]
    assert signed == fresh
    assert len(set(signed)) == 4


@pytest.mark.parametrize("bad", ["a\r\nx: y", "a\x00", "é"])
def test_credentials_that_no_header_may_carry_are_refused_unquoted(bad):
    for arguments in ((bad, "secret"), ("AKID", "secret", bad)):
        with pytest.raises(ConfigurationError) as refused:
            Credentials(*arguments)
        assert bad not in str(refused.value)


class Captured:
    """A botocore client whose requests go nowhere; `.request` is the last one, signed."""

    def __init__(self, token: str | None, region: str = "us-east-1", endpoint: str | None = None) -> None:
        session = botocore.session.Session()
        session.set_credentials("AKIDEXAMPLE", SECRET, token)
        config = botocore.config.Config(retries={"total_max_attempts": 1}, parameter_validation=False)
        self.client: Any = session.create_client("dynamodb", region, config=config, endpoint_url=endpoint)
        self.client.meta.events.register("before-send.dynamodb", self._keep)
        self.request: Any = None

    def _keep(self, request: Any, **_: Any) -> Any:
        self.request = request
        return botocore.awsrequest.AWSResponse(request.url, 200, {}, Empty())  # type: ignore[arg-type]


class Empty:
    """A raw answer: an empty object."""

    def stream(self, *_: Any, **__: Any) -> Any:
        yield b"{}"


# What botocore sends besides, none of it signed.
UNSIGNED = {"user-agent", "amz-sdk-invocation-id", "amz-sdk-request", "authorization", "content-length"}

TYPED = st.one_of(
    st.builds(lambda text: {"S": text}, st.text()), st.builds(lambda number: {"N": str(number)}, st.integers())
)
ITEM = st.dictionaries(st.text(min_size=1, max_size=20), TYPED, max_size=6)
TABLE = st.text("abcXYZ019_.-", min_size=3, max_size=30)
CONDITION = st.fixed_dictionaries(
    {},
    optional={
        "ConditionExpression": st.text(max_size=50),
        "ExpressionAttributeNames": st.dictionaries(st.text(min_size=1, max_size=9), st.text(max_size=9), max_size=3),
        "ExpressionAttributeValues": ITEM,
        "ReturnValuesOnConditionCheckFailure": st.sampled_from(["ALL_OLD", "NONE"]),
    },
)


def _action(**required: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda given, more: {**given, **more}, st.fixed_dictionaries({"TableName": TABLE, **required}), CONDITION
    )


REQUESTS = st.one_of(
    st.tuples(
        st.just("GetItem"), st.fixed_dictionaries({"TableName": TABLE, "Key": ITEM, "ConsistentRead": st.booleans()})
    ),
    st.tuples(st.just("PutItem"), _action(Item=ITEM)),
    st.tuples(st.just("DeleteItem"), _action(Key=ITEM)),
    st.tuples(st.just("UpdateItem"), _action(Key=ITEM, UpdateExpression=st.text(max_size=40))),
    st.tuples(
        st.just("Scan"),
        st.fixed_dictionaries(
            {"TableName": TABLE, "Limit": st.integers(1, 10**6)}, optional={"ExclusiveStartKey": ITEM}
        ),
    ),
    st.tuples(
        st.just("TransactWriteItems"),
        st.fixed_dictionaries(
            {
                "TransactItems": st.lists(
                    st.one_of(
                        st.builds(lambda put: {"Put": put}, _action(Item=ITEM)),
                        st.builds(lambda put: {"Delete": put}, _action(Key=ITEM)),
                        st.builds(
                            lambda put: {"Update": put}, _action(Key=ITEM, UpdateExpression=st.text(max_size=20))
                        ),
                    ),
                    max_size=3,
                ),
                "ClientRequestToken": st.text("abc-123", min_size=1, max_size=36),
            }
        ),
    ),
)
NAMES = {
    "GetItem": "get_item",
    "PutItem": "put_item",
    "DeleteItem": "delete_item",
    "UpdateItem": "update_item",
    "Scan": "scan",
    "TransactWriteItems": "transact_write_items",
}
CAPTURED = [Captured(None), Captured(TOKEN), Captured(TOKEN, "eu-west-1", "http://localhost:8000/base")]
ENDPOINTS = [
    Endpoint("dynamodb.us-east-1.amazonaws.com", "us-east-1"),
    Endpoint("dynamodb.us-east-1.amazonaws.com", "us-east-1"),
    Endpoint("localhost", "eu-west-1", 8000, "/base", tls=False),
]


def assert_same_request(sample: tuple[str, dict[str, Any]], which: int) -> None:
    """Botocore's request and ours, for the same operation at the same second, have the same bytes that matter."""
    operation, request = sample
    getattr(CAPTURED[which].client, NAMES[operation])(**request)
    theirs = CAPTURED[which].request
    expected = {name.lower(): as_text(value) for name, value in theirs.headers.items()}
    moment = calendar.timegm(time.strptime(expected["x-amz-date"], "%Y%m%dT%H%M%SZ"))
    credentials = Credentials("AKIDEXAMPLE", SECRET, TOKEN if which else "")
    transport = HttpTransport(ENDPOINTS[which], lambda _: credentials, now=lambda: moment)
    head, _, body = transport.request(operation, json.dumps(request).encode(), credentials).partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    ours = dict(line.split(": ", 1) for line in lines)
    assert body == theirs.body
    assert ours["authorization"] == expected["authorization"]
    assert ours["content-length"] == expected["content-length"]
    signed = {name for name in expected if name not in UNSIGNED}
    assert {name: ours[name] for name in signed} == {name: expected[name] for name in signed}
    assert set(ours) == signed | {"host", "authorization", "content-length", "accept-encoding"}
    path = "/" + theirs.url.partition("://")[2].partition("/")[2]
    assert first == f"{theirs.method} {path} HTTP/1.1"


def as_text(value: bytes | str) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=700, deadline=None, suppress_health_check=SLOW)
@given(REQUESTS)
def test_signature_headers_and_body_are_botocores(sample):
    for which in range(len(CAPTURED)):
        assert_same_request(sample, which)


@pytest.mark.deep
@pytest.mark.timeout(1200)
@settings(max_examples=5000, deadline=None, suppress_health_check=SLOW)
@given(REQUESTS)
def test_signature_headers_and_body_are_botocores_at_length(sample):
    for which in range(len(CAPTURED)):
        assert_same_request(sample, which)
