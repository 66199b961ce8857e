"""What the local gateway cannot do: refused with its line, or listed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from local import support
from local.gateway.access import security
from local.gateway.access.permissions import Permissions
from local.gateway.api import read_api
from local.template.source import TemplateError, read_template
from local.template.transform import load, resolve

PROXY = ("{type: aws_proxy, httpMethod: POST, uri: 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
         "arn:aws:lambda:us-east-1:000000000000:function:f/invocations'}")  # fmt: skip
MOCK = (
    "{type: mock, requestTemplates: {application/json: '{\"statusCode\": 200}'}, "
    "responses: {default: {statusCode: '200'}}}"
)


def api(tmp_path, operation=f"x-amazon-apigateway-integration: {MOCK}", definition="", resources="", stage=""):
    """An API with one method, GET /a, made of what a test is about."""
    path = tmp_path / "template.yaml"
    path.write_text(f"""\
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Body:
        openapi: 3.0.1
        paths:
          /a:
            get:
              {operation}
        {definition}
  Stage:
    Type: AWS::ApiGateway::Stage
    Properties: {{RestApiId: !Ref Api, StageName: Prod{stage}}}
  {resources}
""")
    source = read_template(path)
    return read_api(resolve(source.tree, {}), source.place)


def refusal(found):
    """Why a start is refused, or nothing."""
    try:
        support.refuse_unsupported(found)
        security.demands(found)
    except TemplateError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("integration", [MOCK, PROXY])
def test_mocks_and_functions_are_supported(tmp_path, integration):
    assert refusal(api(tmp_path, f"x-amazon-apigateway-integration: {integration}")) == ""


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ({"operation": "summary: nothing behind it"}, "template.yaml:9: GET /a has no x-amazon-apigateway-integration"),
        ({"operation": "x-amazon-apigateway-integration: {type: http_proxy, uri: 'http://x'}"},
         "integrations of type http_proxy are not supported locally"),
        ({"operation": "x-amazon-apigateway-integration: {type: aws, uri: 'arn:aws:apigateway:x:sqs:path/q'}"},
         "integrations of type aws are not supported"),
        ({"operation": f"x-amazon-apigateway-integration: {PROXY.replace('POST', 'GET')}"}, "httpMethod is POST"),
        ({"operation": "x-amazon-apigateway-integration: {type: aws_proxy, httpMethod: POST, uri: x}"},
         "names no Lambda function"),
        ({"operation": "x-amazon-apigateway-integration: " + MOCK.replace("200}", "#if($a}")}, "mapping template"),
        ({"operation": f"x-amazon-apigateway-integration: {MOCK}\n              security: [{{unknown: []}}]"},
         "the security scheme 'unknown' is not defined"),
        ({"definition": "x-amazon-apigateway-policy: {Statement: []}"}, "resource policies are not supported"),
        ({"definition": "x-amazon-apigateway-gateway-responses: {NOT_A_TYPE: {statusCode: 404}}"},
         "there is no gateway response type NOT_A_TYPE"),
        ({"definition": "x-amazon-apigateway-gateway-responses: {THROTTLED: {statusCode: many}}"}, "many is no status"),
        ({"resources": "Method: {Type: AWS::ApiGateway::Method}"}, "Method: AWS::ApiGateway::Method is not supported"),
    ],
)  # fmt: skip
def test_what_would_behave_otherwise_than_on_aws_stops_the_start(tmp_path, what, words):
    found = refusal(api(tmp_path, **what))
    assert words in found
    assert re.match(r"template\.yaml:\d+: ", found)


@pytest.mark.parametrize(
    "scheme",
    [
        "{type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: awsSigv4}",
        "{type: oauth2, flows: {}}",
        "{type: apiKey, name: A, in: header, x-amazon-apigateway-authorizer: {type: jwt}}",
    ],
)
def test_so_does_an_authorizer_that_is_not_known(tmp_path, scheme):
    found = api(tmp_path, f"x-amazon-apigateway-integration: {MOCK}\n              security: [{{s: []}}]",
                f"components: {{securitySchemes: {{s: {scheme}}}}}")  # fmt: skip
    assert "the security scheme 's'" in refusal(found)
    assert "is not supported locally" in refusal(found)


def test_no_api_or_two_is_refused(tmp_path):
    with pytest.raises(TemplateError, match="2 REST APIs"):
        api(tmp_path, resources="Other: {Type: AWS::ApiGateway::RestApi, Properties: {Body: {}}}")


def test_an_api_without_a_definition_is_refused(tmp_path):
    path = tmp_path / "template.yaml"
    path.write_text("Resources:\n  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: x}}\n")
    with pytest.raises(TemplateError, match=r"template\.yaml:2: the API has no definition"):
        read_api(read_template(path).tree, read_template(path).place)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ({"stage": ", TracingEnabled: true"}, "X-Ray"),
        ({"stage": ", CacheClusterEnabled: true"}, "response cache"),
        ({"definition": "security: [{s: []}]"}, "security at the top"),
        ({"resources": "Acl: {Type: AWS::WAFv2::WebACL}"}, "Acl: web ACL: stored, not enforced"),
        ({"resources": "Own: {Type: AWS::ApiGateway::DomainName}"}, "Own: custom domain: not served"),
        ({"resources": "Name: {Type: AWS::Route53::RecordSet}"}, "Name: DNS record: not created"),
        ({"definition": "x-amazon-apigateway-endpoint-configuration: {disableExecuteApiEndpoint: true}"},
         "execute-api endpoint: closed on AWS"),
    ],
)  # fmt: skip
def test_what_harms_nothing_is_listed(tmp_path, what, words):
    found = api(tmp_path, **what)
    assert refusal(found) == ""
    assert any(words in note for note in support.notes(found))


def test_an_endpoint_that_is_open_on_aws_is_not_listed(tmp_path):
    found = api(tmp_path, definition="x-amazon-apigateway-endpoint-configuration: {disableExecuteApiEndpoint: false}")
    assert not any("execute-api" in note for note in support.notes(found))


def test_several_of_one_kind_are_one_line():
    project = load(Path(__file__).resolve().parents[3] / "template.yaml")
    found = read_api(project, lambda *_: "")
    found.template = {f"A{n}": {"Type": "AWS::CloudWatch::Alarm"} for n in range(3)}
    notes = [note for note in support.notes(found) if "alarm" in note]
    assert notes == ["A0 and 2 more: alarm: API Gateway and DynamoDB report no metrics here"]


def test_a_queue_and_what_the_project_has_are_not(tmp_path):
    project = load(Path(__file__).resolve().parents[3] / "template.yaml")
    found = read_api(project, lambda *_: "")
    found.template = {**found.template, "Queue": {"Type": "AWS::SQS::Queue"}}
    assert not any("not created" in note for note in support.notes(found))


def permission(source):
    properties = f"{{FunctionName: f, Principal: apigateway.amazonaws.com, SourceArn: '{source}'}}"
    return f"Permission: {{Type: AWS::Lambda::Permission, Properties: {properties}}}"


@pytest.mark.parametrize(
    ("source", "allowed"),
    [
        ("arn:aws:execute-api:us-east-1:000000000000:users-api-Api/*/GET/a", True),
        ("arn:aws:execute-api:us-east-1:000000000000:users-api-Api/Prod/*", True),
        ("arn:aws:execute-api:us-east-1:000000000000:users-api-Api/*/POST/a", False),
        ("arn:aws:execute-api:us-east-1:000000000000:another/*/GET/a", False),
    ],
)
def test_a_function_must_allow_the_api_to_call_it(tmp_path, source, allowed):
    found = api(tmp_path, f"x-amazon-apigateway-integration: {PROXY}", resources=permission(source))
    arn = "arn:aws:lambda:us-east-1:000000000000:function:f"
    assert (("/a", "GET") in Permissions(found, {arn: "f"}).methods()) is allowed
