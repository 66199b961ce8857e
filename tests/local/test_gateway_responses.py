"""Golden: gateway responses.

Source: AWS documentation, "Gateway responses for REST APIs in API Gateway",
/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html, and "Gateway response types for API
Gateway", /apigateway/latest/developerguide/supported-gateway-response-types.html.
"""

from __future__ import annotations

import pytest

from local.gateway.responses import DEFAULTS

TEMPLATE = "mocks"


def test_a_type_without_its_own_response_takes_the_default_of_its_class(api):
    response = api.get("/nowhere", [("Origin", "https://x.co")])
    assert response.status == 403
    assert response.json() | {"id": ""} == {
        "why": "Missing Authentication Token", "type": "MISSING_AUTHENTICATION_TOKEN", "id": "", "season": "winter",
    }  # fmt: skip


def test_the_request_id_in_the_body_is_the_one_in_the_header(api):
    response = api.get("/nowhere")
    assert response.json()["id"] == response.header("x-amzn-RequestId")


def test_headers_come_from_constants_and_from_the_request(api):
    response = api.get("/nowhere", [("Origin", "https://x.co")])
    assert (response.header("X-Class"), response.header("X-Origin")) == ("4xx", "https://x.co")
    assert response.header("X-Path") is None


def test_the_template_is_chosen_by_accept(api):
    response = api.get("/nowhere", [("Accept", "text/plain")])
    assert (response.text, response.header("content-type")) == ("sorry: Missing Authentication Token", "text/plain")


def test_a_default_changes_the_status_of_its_whole_class(api):
    """The types' page: changing the status code of the fallback changes those of all others of its class."""
    assert api.get("/no-default").status == 503


def test_a_gateway_response_has_no_trace_header(api):
    assert api.get("/nowhere").header("X-Amzn-Trace-Id") is None


@pytest.mark.local_only
def test_every_documented_type_has_its_documented_status():
    documented = {
        "ACCESS_DENIED": 403, "API_CONFIGURATION_ERROR": 500, "AUTHORIZER_CONFIGURATION_ERROR": 500,
        "AUTHORIZER_FAILURE": 500, "BAD_REQUEST_PARAMETERS": 400, "BAD_REQUEST_BODY": 400, "EXPIRED_TOKEN": 403,
        "INTEGRATION_FAILURE": 504, "INTEGRATION_TIMEOUT": 504, "INVALID_API_KEY": 403, "INVALID_SIGNATURE": 403,
        "MISSING_AUTHENTICATION_TOKEN": 403, "QUOTA_EXCEEDED": 429, "REQUEST_TOO_LARGE": 413, "RESOURCE_NOT_FOUND": 404,
        "THROTTLED": 429, "UNAUTHORIZED": 401, "UNSUPPORTED_MEDIA_TYPE": 415, "WAF_FILTERED": 403,
    }  # fmt: skip
    assert {kind: status for kind, (status, _, _) in DEFAULTS.items() if not kind.startswith("DEFAULT")} == documented
