"""Golden: API keys, usage plans, throttling.

Source: AWS documentation, "Usage plans and API keys for REST APIs in API Gateway",
/apigateway/latest/developerguide/api-gateway-api-usage-plans.html, and "Throttle requests to your REST APIs for better
throughput in API Gateway", /apigateway/latest/developerguide/api-gateway-request-throttling.html. AWS applies throttles
and quotas on a best-effort basis, so against a deployed stack only the refusals of keys are certain.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from local.gateway.access.keys import Bucket, period_start

TEMPLATE = "keys"
FIRST, SECOND = "value-of-the-first-key-0123456789", "value-of-the-second-key-012345678"
THIRD, STRAY = "value-of-the-third-key-0123456789", "value-of-a-key-without-a-plan-012"


def with_key(value):
    return [("X-Api-Key", value)]


@pytest.mark.parametrize("headers", [[], with_key("wrong"), with_key(""), with_key(THIRD), with_key(STRAY)],
                         ids=["none", "unknown", "empty", "disabled", "of no usage plan"])  # fmt: skip
def test_a_method_that_needs_a_key_is_forbidden_without_a_good_one(api, headers):
    response = api.get("/kept", headers)
    assert (response.status, response.json()) == (403, {"message": "Forbidden"})
    assert response.header("x-amzn-ErrorType") == "ForbiddenException"


def test_preflight_and_open_methods_need_no_key(api):
    assert api.send("OPTIONS", "/kept").status == 200
    assert api.get("/open").status == 200


@pytest.mark.local_only
def test_a_good_key_is_named_to_the_method(local_api):
    response = local_api("keys").get("/kept", with_key(FIRST))
    assert response.status == 200
    assert response.header("X-Key-Id")


@pytest.mark.local_only
def test_over_the_quota_is_limit_exceeded(local_api):
    api = local_api("keys")
    answers = [api.get("/kept", with_key(FIRST)) for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].json() == {"message": "Limit Exceeded"}


@pytest.mark.local_only
def test_over_the_plans_burst_is_too_many_requests(local_api):
    api = local_api("keys")
    answers = [api.get("/kept", with_key(SECOND)) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[-1].json() == {"message": "Too Many Requests"}
    assert answers[-1].header("x-amzn-ErrorType") == "TooManyRequestsException"


@pytest.mark.local_only
def test_one_keys_use_does_not_count_against_another(local_api):
    api = local_api("keys")
    for _ in range(3):
        api.get("/kept", with_key(SECOND))
    assert api.get("/kept", with_key(FIRST)).status == 200


@pytest.mark.local_only
def test_a_plan_can_limit_a_single_method(local_api):
    api = local_api("keys")
    assert [api.get("/metered", with_key(FIRST)).status for _ in range(2)] == [200, 429]
    assert api.get("/kept", with_key(FIRST)).status == 200


@pytest.mark.local_only
def test_the_stage_limits_each_method_by_itself(local_api):
    api = local_api("keys")
    assert [api.get("/slow").status for _ in range(3)] == [200, 200, 429]
    assert api.get("/open").status == 200


@pytest.mark.local_only
def test_a_bucket_fills_at_its_rate_up_to_its_burst():
    now = [0.0]
    bucket = Bucket(2, 3, lambda: now[0])
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    now[0] = 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    now[0] = 100
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


@pytest.mark.local_only
def test_quotas_begin_anew_with_the_period():
    now = datetime(2026, 11, 19, 13, 5, tzinfo=UTC)  # a Thursday
    days = [period_start(now, period).strftime("%d.%m. %H:%M") for period in ("DAY", "WEEK", "MONTH")]
    assert days == ["19.11. 00:00", "16.11. 00:00", "01.11. 00:00"]


@pytest.mark.local_only
def test_a_key_without_a_value_in_the_template_keeps_the_one_it_was_given(local_api, tmp_path):
    from local.gateway.access.keys import read_keys

    api = local_api("keys").api
    template = {
        name: {**block, "Properties": {}} if name == "FirstKey" else block for name, block in api.template.items()
    }
    api.template = template
    first = read_keys(api, tmp_path / "keys.json")["FirstKey"].value
    assert len(first) == 40
    assert read_keys(api, tmp_path / "keys.json")["FirstKey"].value == first
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0
