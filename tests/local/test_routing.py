"""Golden: which resource and method answers.

Source: AWS documentation, "Set up API Gateway proxy integrations with a proxy resource",
/apigateway/latest/developerguide/api-gateway-set-up-simple-proxy.html, and "Gateway response types for API Gateway",
/apigateway/latest/developerguide/supported-gateway-response-types.html.
"""

from __future__ import annotations

import pytest

TEMPLATE = "proxy"


def test_a_fixed_segment_wins_over_a_variable(api):
    assert api.event("GET", "/echo/fixed")["resource"] == "/echo/fixed"
    assert api.event("GET", "/echo/other")["resource"] == "/echo/{id}"


def test_a_greedy_variable_takes_all_the_rest(api):
    event = api.event("GET", "/files/a/b/c.txt")
    assert (event["resource"], event["pathParameters"]) == ("/files/{path+}", {"path": "a/b/c.txt"})


def test_a_greedy_variable_needs_something_to_take(api):
    assert api.get("/files").status == 403


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_any_takes_every_method(api, method):
    assert api.event(method, "/files/x")["httpMethod"] == method


def test_an_unknown_path_is_refused_as_a_missing_authentication_token(api):
    response = api.get("/nowhere")
    assert (response.status, response.json()) == (403, {"message": "Missing Authentication Token"})
    assert response.header("x-amzn-ErrorType") == "MissingAuthenticationTokenException"


def test_so_is_a_method_that_a_path_does_not_have(api):
    assert api.send("DELETE", "/count").json() == {"message": "Missing Authentication Token"}


def test_an_unknown_path_with_an_authorization_header_is_taken_for_a_bad_signature(api):
    response = api.get("/nowhere", [("Authorization", "Bearer x")])
    assert response.status == 403
    assert response.header("x-amzn-ErrorType") != "MissingAuthenticationTokenException"


def test_a_function_without_permission_for_the_method_is_an_internal_error(api):
    """ "Troubleshooting": without AWS::Lambda::Permission the call ends in 500 Internal server error."""
    response = api.get("/unasked")
    assert (response.status, response.json()) == (500, {"message": "Internal server error"})


@pytest.mark.local_only
def test_methods_that_http_does_not_know_are_routed_like_any_other(api):
    assert api.send("FOO", "/count").status == 403
