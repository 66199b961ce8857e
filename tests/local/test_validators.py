"""Golden: request validators and models.

Source: AWS documentation, "Request validation for REST APIs in API Gateway",
/apigateway/latest/developerguide/api-gateway-method-request-validation.html, and "Data models for REST APIs",
/apigateway/latest/developerguide/models-mappings-models.html (JSON Schema draft 4).
"""

from __future__ import annotations

import pytest

TEMPLATE = "validators"
TENANT = [("X-Tenant", "a")]


def test_a_request_with_all_required_parameters_passes(api):
    assert api.get("/pets/7?size=1", TENANT).status == 200


@pytest.mark.parametrize(
    ("path", "headers", "missing"),
    [("/pets/7", TENANT, "size"), ("/pets/7?size=", TENANT, "size"), ("/pets/7", [], "X-Tenant, size")],
)
def test_what_is_missing_or_blank_is_named(api, path, headers, missing):
    response = api.get(path, headers)
    assert response.status == 400
    assert response.json() == {"message": f"Missing required request parameters: [{missing}]"}
    assert response.header("x-amzn-ErrorType") == "BadRequestException"


def test_a_body_that_fits_its_model_passes(api):
    assert api.post("/pets", {"name": "Tom", "kind": "cat", "age": 3}).status == 200


@pytest.mark.parametrize(
    "pet",
    [
        {}, [], "Tom", {"name": "Tom"}, {"name": 1, "kind": "cat"}, {"name": "Tom", "kind": "cow"},
        {"name": "x" * 11, "kind": "cat"}, {"name": "Tom", "kind": "cat", "age": -1},
        {"name": "Tom", "kind": "cat", "x": 1},
    ],
)  # fmt: skip
def test_a_body_that_does_not_is_refused(api, pet):
    response = api.post("/pets", pet)
    assert (response.status, response.json()["message"]) == (400, "Invalid request body")


def test_a_body_that_is_no_json_is_refused(api):
    assert api.send("POST", "/pets", [("Content-Type", "application/json")], "{").status == 400


def test_no_body_is_held_against_the_model_as_an_empty_object(api):
    """Seen on AWS: LocalStack's validated test_api_gateway_request_validator."""
    assert api.send("POST", "/pets", [("Content-Type", "application/json")]).status == 400


def test_a_body_of_a_media_type_without_a_model_is_not_validated(api):
    assert api.send("POST", "/pets", [("Content-Type", "text/csv")], "a,b").status == 200


def test_the_reason_is_there_for_a_gateway_response_to_show(api):
    """ "Gateway response types": $context.error.validationErrorString."""
    assert api.post("/pets", {"kind": "cat"}).json()["why"] == '[object has missing required properties (["name"])]'
