"""Retry policy, held against botocore's standard mode with the settings its next default brings for DynamoDB."""

from __future__ import annotations

import itertools
import json
from typing import Any

import botocore.awsrequest
import botocore.parsers
import botocore.retries.standard
import botocore.session
import pytest
from botocore.retries.quota import RetryQuota

from dynamodb import retries
from dynamodb.failures import refused
from tests.unit.dynamodb.fakes import failure

theirs: Any = botocore.retries.standard
MODEL: Any = botocore.session.Session().get_service_model("dynamodb")
OPERATIONS = ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "Scan", "Query", "TransactWriteItems"]
MODELED = [name for name in MODEL.shape_names if MODEL.shape_for(name).metadata.get("exception")]
LISTED = [
    *theirs.ThrottledRetryableChecker._THROTTLED_ERROR_CODES,
    *theirs.TransientRetryableChecker._TRANSIENT_ERROR_CODES,
]
OTHERS = [
    "ConditionalCheckFailedException",
    "ValidationException",
    "AccessDeniedException",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "ExpiredTokenException",
    "MissingAuthenticationToken",
    "SerializationException",
    "UnknownOperationException",
    "ServiceUnavailable",
    "InternalFailure",
    "throttling",
    "",
]
CODES = sorted({*MODELED, *LISTED, *OTHERS})
STATUSES = [301, 400, 401, 403, 404, 408, 409, 413, 429, 499, 500, 501, 502, 503, 504, 505, 599]

# Another write was at the item: botocore leaves that to its caller, here it is tried again.
OURS = {"TransactionConflictException"}


@pytest.fixture(autouse=True)
def next_default(monkeypatch):
    """botocore's new settings, which today wait behind AWS_NEW_RETRIES_2026."""
    monkeypatch.setattr(theirs, "NEW_RETRIES_ENABLED", True)


def context(status: int, code: str, operation: str = "UpdateItem", attempt: int = 1, **headers: str) -> Any:
    raw: Any = botocore.awsrequest.AWSResponse("", status, headers, None)  # type: ignore[arg-type]
    raw._content = b"{}"
    return theirs.RetryContext(
        attempt_number=attempt,
        operation_model=MODEL.operation_model(operation),
        parsed_response={"Error": {"Code": code}},
        http_response=raw,
    )


def detector() -> Any:
    return theirs.ThrottlingErrorDetector(theirs.RetryEventAdapter())


def test_the_lists_are_not_empty():
    assert len(MODELED) > 25
    assert len(LISTED) > 15


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_same_codes_and_statuses_are_retried_as_by_botocore(operation):
    conditions = theirs.StandardRetryConditions(max_attempts=4)
    modeled = [shape.name for shape in MODEL.operation_model(operation).error_shapes]
    for status, code in itertools.product(STATUSES, CODES):
        expected = conditions.is_retryable(context(status, code, operation))
        if code not in OURS and (code != "ReplicatedWriteConflictException" or code in modeled):
            assert bool(retries.kind(status, code)) == expected, (status, code)


@pytest.mark.parametrize("code", CODES)
def test_the_same_codes_count_as_throttling_as_for_botocore(code):
    throttling = retries.kind(400, code) == retries.THROTTLING
    assert throttling == detector().is_throttling_error_from_context(context(400, code))


def test_the_exception_we_add_is_one():
    for code in OURS:
        assert retries.kind(400, code) == retries.TRANSIENT
        assert not theirs.StandardRetryConditions().is_retryable(context(400, code))


@pytest.mark.parametrize("asked", [None, "0", "10", "700", "4000", "60000"])
def test_the_waits_are_botocores(asked):
    headers = {} if asked is None else {"x-amz-retry-after": asked}
    after = None if asked is None else int(asked) / 1000
    codes = ["InternalServerError", "ThrottlingException", "ProvisionedThroughputExceededException"]
    for fraction in (0.0, 0.25, 0.999):
        random = itertools.repeat(fraction).__next__
        backoff = theirs.ExponentialBackoff(random=random, service_name="dynamodb", throttling_detector=detector())
        for status, code, attempt in itertools.product((400, 500), codes, range(1, 12)):
            expected = backoff.delay_amount(context(status, code, attempt=attempt, **headers))
            kind = retries.kind(status, code) or retries.TRANSIENT
            assert retries.delay(kind, attempt, random, after) == pytest.approx(expected), (status, code, attempt)


def test_the_budget_is_botocores():
    quota = RetryQuota()
    checker = theirs.RetryQuotaChecker(quota, detector())
    budget = retries.Budget()
    assert budget.left == quota.available_capacity
    codes = ["InternalServerError", "ThrottlingException", "InternalServerError"]
    for code in codes * 40:
        mine, theirs_ = budget.take(retries.kind(500, code)), checker.acquire_retry_quota(context(500, code))
        assert bool(mine) == bool(theirs_)
        assert budget.left == quota.available_capacity
    for _ in range(600):
        budget.give_back(1)
        quota.release(1)
        assert budget.left == quota.available_capacity


def test_the_number_of_attempts_is_botocores():
    assert theirs._SERVICE_MAX_ATTEMPTS["dynamodb"] == retries.MAX_ATTEMPTS


def test_random_fractions_are_spread_over_zero_to_one():
    fractions = [retries.random_fraction() for _ in range(2000)]
    assert all(0 <= fraction < 1 for fraction in fractions)
    assert 0.4 < sum(fractions) / len(fractions) < 0.6


PREFIXES = ["", "com.amazonaws.dynamodb.v20120810#", "com.amazon.coral.service#", "a#b#"]
SUFFIXES = ["", ":http://internal.amazon.com/coral/com.amazon.coral.service/", ":x#y"]
BODIES: list[dict[str, Any]] = [{"message": "why"}, {"Message": "why"}, {}]


def parsed(status: int, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    parser: Any = botocore.parsers.create_parser("json")
    response = {"status_code": status, "headers": headers, "body": body, "context": {"operation_name": "GetItem"}}
    result: dict[str, Any] = parser.parse(response, MODEL.operation_model("GetItem").output_shape)
    return result


@pytest.mark.parametrize("code", CODES)
def test_code_and_message_are_read_as_botocore_reads_them(code):
    for status, prefix, suffix, body in itertools.product((400, 500), PREFIXES, SUFFIXES, BODIES):
        members = {"__type": prefix + code + suffix, **body}
        expected = parsed(status, {}, json.dumps(members).encode())["Error"]
        error = refused(status, {}, members, False)
        if code:
            assert error.code == expected["Code"]
        assert error.message == expected["Message"]


def test_without_a_type_the_status_is_the_code_as_for_botocore():
    expected = parsed(403, {}, b"{}")["Error"]
    assert refused(403, {}, {}, False).code == expected["Code"]


def test_each_modeled_exception_is_one_of_our_types_by_its_meaning():
    special = {
        "ConditionalCheckFailedException": "ConditionalCheckFailed",
        "TransactionCanceledException": "TransactionCanceled",
        "InternalServerError": "Unavailable",
    }
    for code in MODELED:
        status = 500 if code == "InternalServerError" else 400
        error = refused(status, {}, {"__type": code}, False)
        throttled = code in retries.THROTTLING_CODES or code in retries.CONTENTION_CODES
        assert type(error).__name__ == special.get(code, "Throttled" if throttled else "RequestRejected"), code


def test_the_fakes_look_like_dynamodb():
    status, headers, body = failure(400, "ValidationException")
    assert parsed(status, dict(headers), body)["Error"] == {"Code": "ValidationException", "Message": "why"}
