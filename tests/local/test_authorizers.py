"""Golden: Lambda authorizers.

Source: AWS documentation, "Use API Gateway Lambda authorizers",
/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html; "Input to an API Gateway Lambda authorizer",
.../api-gateway-lambda-authorizer-input.html; "Output from an API Gateway Lambda authorizer",
.../api-gateway-lambda-authorizer-output.html; re:Post, "API Gateway 401 Unauthorized errors after creating a Lambda
authorizer" and "HTTP 403 Forbidden errors when using a Lambda authorizer with an API Gateway REST API".
"""

from __future__ import annotations

import pytest

TEMPLATE = "authorizers"
UNAUTHORIZED = {"message": "Unauthorized"}


def with_token(token):
    return [("Authorization", token)]


def authorizer(response):
    return response.json()["event"]["requestContext"]["authorizer"]


def test_a_policy_that_allows_lets_the_request_through(api):
    assert api.get("/token", with_token("allow")).status == 200


def test_the_principal_and_the_context_reach_the_function_as_text(api):
    found = authorizer(api.get("/token", with_token("allow")))
    assert found["principalId"] == "caller"
    assert (found["word"], found["number"], found["flag"]) == ("w", "7", "true")


def test_a_token_authorizer_is_given_type_token_and_method(api):
    found = authorizer(api.get("/token", with_token("allow")))
    assert (found["seen"], found["kind"]) == ("authorizationToken,methodArn,type", "TOKEN")
    assert found["arn"].endswith("/Prod/GET/token")
    assert found["arn"].startswith("arn:aws:execute-api:")


def test_a_request_authorizer_is_given_the_request_without_its_body(api):
    found = authorizer(api.get("/request/7?tenant=a", with_token("allow")))
    assert found["seen"].split(",") == [
        "headers", "httpMethod", "methodArn", "multiValueHeaders", "multiValueQueryStringParameters", "path",
        "pathParameters", "queryStringParameters", "requestContext", "resource", "stageVariables", "type",
    ]  # fmt: skip
    assert found["arn"].endswith("/Prod/GET/request/7")


def test_a_missing_token_is_unauthorized_and_the_function_is_not_asked(api):
    response = api.get("/token")
    assert (response.status, response.json()) == (401, UNAUTHORIZED)
    assert response.header("x-amzn-ErrorType") == "UnauthorizedException"


def test_a_token_of_the_wrong_form_is_unauthorized_and_the_function_is_not_asked(api):
    """`Allow1` would raise 'Unauthorized' too; `raise` would be 500 if it got there, and does."""
    assert api.get("/token", with_token("raise1")).status == 401
    assert api.get("/token", with_token("raise")).status == 500


@pytest.mark.parametrize("path", ["/request/7", "/request/7?tenant=", "/request/7?other=a"])
def test_every_identity_source_of_a_request_authorizer_must_be_there(api, path):
    assert api.get(path, with_token("allow")).status == 401


def test_a_function_that_raises_unauthorized_is_401(api):
    assert api.get("/token", with_token("stranger")).json() == UNAUTHORIZED


def test_a_function_that_raises_anything_else_is_500_without_a_message(api):
    response = api.get("/fresh", with_token("raise"))
    assert (response.status, response.json()) == (500, {"message": None})
    assert response.header("x-amzn-ErrorType") == "AuthorizerConfigurationException"


def test_a_policy_that_denies_is_403_and_says_so(api):
    response = api.get("/fresh", with_token("deny"))
    assert response.status == 403
    assert response.json()["message"].startswith("User is not authorized to access this resource with an explicit deny")
    assert response.header("x-amzn-ErrorType") == "AccessDeniedException"


def test_a_policy_for_another_method_is_403(api):
    response = api.get("/fresh", with_token("elsewhere"))
    assert response.json()["message"].startswith("User is not authorized to access this resource")


@pytest.mark.parametrize("token", ["no-policy", "nested"])
def test_an_answer_that_is_no_policy_is_500(api, token):
    response = api.get("/fresh", with_token(token))
    assert (response.status, response.header("x-amzn-ErrorType")) == (500, "AuthorizerConfigurationException")


def test_an_answer_is_kept_for_its_time_to_live(api):
    first = authorizer(api.get("/token", with_token("allow")))["calls"]
    assert authorizer(api.get("/token", with_token("allow")))["calls"] == first


def test_of_a_request_authorizer_for_the_same_values_of_all_identity_sources(api):
    first = authorizer(api.get("/request/1?tenant=x", with_token("allow")))
    assert authorizer(api.get("/request/1?tenant=x", with_token("allow"))) == first
    assert authorizer(api.get("/request/1?tenant=y", with_token("allow")))["calls"] != first["calls"]


def test_a_kept_policy_is_held_against_each_method_anew(api):
    """'If you enable caching, the policy is applied to all methods': one path's policy refuses the other path."""
    assert api.get("/request/5?tenant=c", with_token("allow")).status == 200
    assert api.get("/request/6?tenant=c", with_token("allow")).status == 403


def test_without_a_time_to_live_the_function_is_asked_each_time(api):
    first = authorizer(api.get("/fresh", with_token("allow")))["calls"]
    assert authorizer(api.get("/fresh", with_token("allow")))["calls"] != first


def test_an_authorizer_can_give_the_api_key(api):
    """ "Choose an API key source in API Gateway", .../developerguide/api-gateway-api-key-source.html"""
    response = api.get("/keyed", with_token("key"))
    assert response.status == 200
    assert response.json()["event"]["requestContext"]["identity"]["apiKeyId"]
    assert api.get("/keyed", with_token("allow")).status == 403
