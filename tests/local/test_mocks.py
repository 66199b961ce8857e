"""Golden: mock integrations.

Source, unless a test says otherwise: AWS documentation, "Mock integrations for REST APIs in API Gateway",
/apigateway/latest/developerguide/how-to-mock-integration.html, and "Mapping template transformations for REST APIs in
API Gateway", /apigateway/latest/developerguide/models-mappings.html.
"""

from __future__ import annotations

TEMPLATE = "mocks"


def test_the_request_templates_status_selects_the_default_response(api):
    response = api.get("/chosen?who=Ada")
    assert (response.status, response.json()) == (200, {"who": "Ada", "season": "winter", "path": "/chosen"})


def test_or_the_response_whose_pattern_it_matches(api):
    response = api.get("/chosen?as=gone")
    assert (response.status, list(response.json())) == (410, ["gone"])


def test_response_parameters_map_constants_context_and_stage_variables(api):
    """ "Parameter mapping source reference", .../developerguide/rest-api-parameter-mapping-sources.html"""
    response = api.get("/chosen")
    assert [response.header(f"X-{name}") for name in ("Constant", "Stage", "Season")] == [
        "as it stands", "Prod", "winter",
    ]  # fmt: skip
    assert response.header("X-Nothing") is None


def test_the_response_template_is_chosen_by_accept(api):
    response = api.get("/chosen?who=Ada", [("Accept", "text/plain")])
    assert (response.text, response.header("content-type")) == ("hello Ada", "text/plain")


def test_and_is_the_one_for_json_when_none_fits(api):
    assert api.get("/chosen?who=Ada", [("Accept", "text/html")]).header("content-type") == "application/json"


def test_what_a_template_writes_can_be_escaped(api):
    """ "Mapping template reference": $util.escapeJavaScript, .../api-gateway-mapping-template-reference.html"""
    assert api.get("/chosen?who=%22Ada%22").json()["who"] == '"Ada"'


def test_a_template_can_override_status_and_headers(api):
    """ "Override your API's request and response parameters and status codes",
    .../developerguide/apigateway-override-request-response-parameters.html"""
    response = api.get("/override")
    assert (response.status, response.header("X-Made")) == (299, "here")


def test_never_pass_through_refuses_a_media_type_without_a_template(api):
    """ "Method request behavior for payloads without mapping templates",
    .../developerguide/integration-passthrough-behaviors.html"""
    assert api.send("POST", "/strict", [("Content-Type", "application/json")], "{}").status == 200
    assert api.send("POST", "/strict", [("Content-Type", "text/csv")], "a").status == 406  # the template's own status


def test_a_status_that_is_no_integer_is_an_internal_error(api):
    """Seen on AWS: 'Unable to parse statusCode. It should be an integer that is defined in the request template.'"""
    assert api.get("/no-status").status == 503  # DEFAULT_5XX of the template


def test_no_fitting_response_and_no_default_is_an_internal_error(api):
    """ "Gateway response types": API_CONFIGURATION_ERROR."""
    assert api.get("/no-default").status == 503


def test_a_status_of_an_interim_response_is_no_override(api):
    """A client takes 1xx for a response before the response (RFC 9110, 15.2), and waits for another."""
    assert api.get("/override?interim=yes").status == 200
