"""Parts of a template that are not supported locally: an error with its line, or listed if harmless."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from local.gateway.api import Api
from local.gateway.mapping import compiled_template
from local.gateway.responses import DEFAULTS
from local.gateway.routes import Method
from local.gateway.vtl.values import VtlError
from local.stack import deploy
from local.stack import functions as lambda_resources
from local.template.functions import FUNCTION, not_run
from local.template.source import Source, TemplateError

REFUSED_TYPES = {
    "AWS::ApiGateway::Method": "write the method into the API's definition",
    "AWS::ApiGateway::Resource": "write the path into the API's definition",
    "AWS::ApiGateway::Authorizer": "write the authorizer into the API's definition",
    "AWS::ApiGateway::RequestValidator": "write the validator into the API's definition",
    "AWS::ApiGateway::Model": "write the model into the API's definition",
}
LISTED_TYPES = {
    "AWS::WAFv2::WebACL": "web ACL: stored, not enforced",
    "AWS::WAFv2::WebACLAssociation": "web ACL association: not enforced",
    "AWS::WAFv2::LoggingConfiguration": "logs of the web ACL: there are none",
    "AWS::ApiGateway::DomainName": "custom domain: not served; requests come here, without TLS",
    "AWS::Route53::RecordSet": "DNS record: not created",
    "AWS::ApiGatewayV2::Api": "HTTP or WebSocket API: served by the emulated AWS, on its own address",
    "AWS::ApiGateway::ClientCertificate": "client certificate: not sent",
    "AWS::Lambda::Url": "function URL: not served; only the routes of the REST API are",
    "AWS::Events::Archive": "archive of events: nothing is kept for a replay",
    "AWS::SES::ConfigurationSetEventDestination": "reports of SES: none comes of sent mail, bounces and complaints",
    "AWS::CloudWatch::Alarm": "alarm: API Gateway and DynamoDB report no metrics here",
}
# Types that the front end or the emulated AWS supports; all other types are listed at the start.
OBEYED = (
    "AWS::ApiGateway::",
    *deploy.CREATED,
    *deploy.TABLES,
    FUNCTION,
    lambda_resources.MAPPING,
    lambda_resources.ASYNCHRONOUS,
    lambda_resources.PERMISSION,
    "AWS::Lambda::LayerVersion",  # on the path of its functions
    *lambda_resources.NAMES,
    "AWS::IAM::",  # enforced by `make test-deploy`
    "AWS::Logs::LogGroup",
)


def refuse_unsupported(api: Api) -> None:
    """Stop at the first thing that would behave otherwise than on AWS. Raises TemplateError."""
    for name, block in api.template.items():
        if block["Type"] in REFUSED_TYPES:
            raise TemplateError(
                f"{api.place('Resources', name)}: {name}: {block['Type']} is not supported locally; "
                f"{REFUSED_TYPES[block['Type']]}"
            )
    if "x-amazon-apigateway-policy" in api.definition:
        raise TemplateError(f"{api.line('x-amazon-apigateway-policy')}: resource policies are not supported locally")
    for resource in api.resources:
        for method in resource.methods.values():
            check_method(api, method)
    for kind, response in api.gateway_responses().items():
        if kind not in DEFAULTS:
            raise TemplateError(
                f"{api.line('x-amazon-apigateway-gateway-responses', kind)}: there is no gateway response type {kind}"
            )
        if response.get("statusCode") and not re.fullmatch("[0-9]+", str(response["statusCode"])):
            raise TemplateError(
                f"{api.line('x-amazon-apigateway-gateway-responses', kind, 'statusCode')}: "
                f"{response['statusCode']} is no status"
            )


def check_method(api: Api, method: Method) -> None:
    """One method: its integration must be one that works here. Raises TemplateError."""
    where = f"{api.line(*method.trail)}: {method.verb} {method.resource}"
    kind = str(method.integration.get("type", "")).lower()
    if not kind:
        raise TemplateError(f"{where} has no x-amazon-apigateway-integration; API Gateway would not deploy it")
    if str(method.integration.get("responseTransferMode", "BUFFERED")).upper() != "BUFFERED":
        raise TemplateError(f"{where}: response streaming is not supported locally; leave out responseTransferMode")
    if kind == "mock":
        check_templates(api, method)
    elif kind == "aws_proxy":
        if not method.function_arn:
            raise TemplateError(f"{where}: its integration's uri names no Lambda function")
        if str(method.integration.get("httpMethod", "")).upper() != "POST":
            raise TemplateError(
                f"{where}: a Lambda integration's httpMethod is POST; API Gateway answers 500 otherwise"
            )
    else:
        raise TemplateError(f"{where}: integrations of type {kind} are not supported locally; aws_proxy and mock are")


def check_templates(api: Api, method: Method) -> None:
    """The mapping templates of a mock must compile. Raises TemplateError."""
    blocks: list[tuple[tuple[Any, ...], Mapping[str, str]]] = [
        (("requestTemplates",), method.integration.get("requestTemplates") or {})
    ]
    for pattern, response in (method.integration.get("responses") or {}).items():
        blocks.append((("responses", pattern, "responseTemplates"), response.get("responseTemplates") or {}))
    for trail, templates in blocks:
        for media_type, text in templates.items():
            try:
                compiled_template(text)
            except VtlError as error:
                place = api.line(*method.trail, "x-amazon-apigateway-integration", *trail, media_type)
                raise TemplateError(f"{place}: {error}") from error


def functions_left_out(api: Api, source: Source) -> Iterator[str]:
    """The functions that do not run here, which only something that is not here either would invoke."""
    for logical_id, reason, invoked in not_run(source, api.template):
        if not invoked:
            yield f"{logical_id}: {reason}; nothing here invokes it"


def notes(api: Api) -> Iterator[str]:
    """Settings of the template that have no effect here, and missing ones."""
    listed: dict[str, list[str]] = {}
    for name, block in api.template.items():
        if block["Type"] == "AWS::ApiGatewayV2::Api" and "Body" in (block.get("Properties") or {}):
            yield f"{name}: HTTP API: its routes are in a definition, as SAM writes them, and are not served"
        elif block["Type"] in LISTED_TYPES:
            listed.setdefault(LISTED_TYPES[block["Type"]], []).append(name)
        elif not block["Type"].startswith(OBEYED):
            yield f"{name}: {block['Type']}: not created"
    for text, (first, *others) in listed.items():
        yield f"{first}{f' and {len(others)} more' if others else ''}: {text}"
    if api.stage.get("TracingEnabled"):
        yield "X-Ray: trace ids are made and passed on, no segments are sent"
    if api.stage.get("CacheClusterEnabled"):
        yield "response cache: every request reaches its integration"
    if api.stage.get("CanarySetting"):
        yield "canary release: all requests go to the one deployment"
    endpoint = api.definition.get("x-amazon-apigateway-endpoint-configuration") or {}
    if endpoint.get("disableExecuteApiEndpoint"):
        yield "execute-api endpoint: closed on AWS, so that only the domain is left; open here"
    if api.definition.get("x-amazon-apigateway-minimum-compression-size") is not None:
        yield "response compression: responses are not compressed"
    if api.definition.get("security"):
        yield "security at the top of the definition: API Gateway reads it on each operation only"
