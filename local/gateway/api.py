"""The REST API of a resolved template: its definition, stage, keys and plans."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.gateway.routes import PathError, Resource, Router, made_up_id, resources
from local.template.intrinsics import ACCOUNT, REGION, STACK
from local.template.source import TemplateError

Blocks = Mapping[str, Mapping[str, Any]]
Place = Callable[..., str]


@dataclass
class Api:
    """Everything the gateway obeys.

    `physical` is what Ref returns, by logical id; `place` gives the template's line of a trail of keys.
    """

    logical_id: str
    definition: Mapping[str, Any]
    resources: list[Resource]
    router: Router
    stage: Mapping[str, Any]
    template: Blocks
    place: Place
    physical: Mapping[str, str] = field(default_factory=dict)

    def line(self, *trail: Any) -> str:
        """Where a part of the definition stands."""
        properties = ("Resources", self.logical_id, "Properties")
        sam = self.place(*properties, "DefinitionBody") != self.place(*properties)
        return self.place(*properties, "DefinitionBody" if sam else "Body", *trail)

    @property
    def id(self) -> str:
        """The id that Ref returns for the API."""
        return str(self.stage["RestApiId"])

    @property
    def stage_name(self) -> str:
        return str(self.stage["StageName"])

    @property
    def stage_variables(self) -> Mapping[str, str]:
        return self.stage.get("Variables") or {}

    @property
    def binary_types(self) -> list[str]:
        return list(self.definition.get("x-amazon-apigateway-binary-media-types") or [])

    @property
    def key_source(self) -> str:
        """HEADER or AUTHORIZER."""
        return str(self.definition.get("x-amazon-apigateway-api-key-source") or "HEADER").upper()

    @property
    def log_format(self) -> str | None:
        """The access log's format, when the stage has one."""
        return (self.stage.get("AccessLogSetting") or {}).get("Format")

    @property
    def base_paths(self) -> list[str]:
        """The base paths of custom domains that lead to this stage, without slashes; none for the root."""
        found = []
        for _, block in of_type(self.template, "AWS::ApiGateway::BasePathMapping"):
            if block.get("RestApiId") == self.id and block.get("Stage", self.stage_name) == self.stage_name:
                base = str(block.get("BasePath") or "").strip("/")
                found += [base] if base and base != "(none)" else []
        return sorted(found, key=len, reverse=True)

    @property
    def facts(self) -> dict[str, Any]:
        """The fields of requestContext about the API itself."""
        return {
            "accountId": ACCOUNT,
            "apiId": self.id if self.id.isalnum() else made_up_id(self.logical_id),
            "deploymentId": made_up_id(f"{self.logical_id} deployment", 6),
        }

    def physical_id(self, logical_id: str) -> str:
        """The value of Ref for a resource."""
        return self.physical.get(logical_id) or f"{STACK}-{logical_id}"

    @property
    def references(self) -> dict[str, str]:
        """Logical ids by what Ref returns."""
        return {self.physical_id(name): name for name in self.template}

    def gateway_responses(self) -> dict[str, Mapping[str, Any]]:
        """The template's own gateway responses, by type, from the definition and from separate resources."""
        found = dict(self.definition.get("x-amazon-apigateway-gateway-responses") or {})
        for _, block in of_type(self.template, "AWS::ApiGateway::GatewayResponse"):
            found[block["ResponseType"]] = {
                "statusCode": block.get("StatusCode"),
                "responseParameters": block.get("ResponseParameters"),
                "responseTemplates": block.get("ResponseTemplates"),
            }
        return found

    def source_arn(self, verb: str, path: str) -> str:
        """The ARN that a function's permission is held against."""
        return f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{self.id}/{self.stage_name}/{verb}{path}"

    def authorizer_arn(self) -> str:
        """The same for an authorizer."""
        return f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{self.id}/authorizers/{made_up_id(self.logical_id, 6)}"


def of_type(blocks: Blocks, kind: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The resources of one type: logical id and properties."""
    return [(name, block.get("Properties") or {}) for name, block in blocks.items() if block["Type"] == kind]


def read_api(template: Mapping[str, Any], place: Place, physical: Mapping[str, str] | None = None) -> Api:
    """The one REST API of a resolved template. `place(*trail)` finds a line. Raises TemplateError."""
    blocks: Blocks = template["Resources"]
    apis = of_type(blocks, "AWS::ApiGateway::RestApi")
    if len(apis) != 1:
        raise TemplateError(f"{wrong_number(blocks, place)}; the local gateway serves exactly one REST API")
    name, properties = apis[0]
    definition = properties.get("Body")
    if not isinstance(definition, Mapping):
        raise TemplateError(
            f"{place('Resources', name)}: the API has no definition in the template; "
            "the local gateway reads DefinitionBody"
        )
    definition = with_properties(definition, properties)
    api = Api(name, definition, [], Router([]), stage(blocks, place), blocks, place, physical or {})
    try:
        api.resources = resources(definition)
    except PathError as error:
        raise TemplateError(f"{api.line(*error.trail)}: {error}") from error
    api.router = Router(api.resources)
    return api


def wrong_number(blocks: Blocks, place: Place) -> str:
    """A description, with its line, of what a template has instead of one REST API."""
    names = [name for name, _ in of_type(blocks, "AWS::ApiGateway::RestApi")]
    if names:
        return f"{place('Resources', names[1])}: the template has {len(names)} REST APIs ({', '.join(names)})"
    for name, block in of_type(blocks, "AWS::ApiGatewayV2::Api"):
        kind = "a WebSocket API" if block.get("ProtocolType") == "WEBSOCKET" else "an HTTP API"
        return f"{place('Resources', name)}: {name} is {kind}, and the template has no REST API (AWS::Serverless::Api)"
    return f"{place('Resources')}: the template has no REST API, and no function has an event of the type Api"


def with_properties(definition: Mapping[str, Any], properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """The definition with what the resource says beside it."""
    found = dict(definition)
    for key, extension in (
        ("BinaryMediaTypes", "binary-media-types"),
        ("ApiKeySourceType", "api-key-source"),
        ("MinimumCompressionSize", "minimum-compression-size"),
        ("Policy", "policy"),
    ):
        if properties.get(key) is not None:
            found.setdefault(f"x-amazon-apigateway-{extension}", properties[key])
    return found


def stage(blocks: Blocks, place: Place) -> Mapping[str, Any]:
    """The one stage."""
    stages = of_type(blocks, "AWS::ApiGateway::Stage")
    if len(stages) != 1:
        where = place("Resources", stages[1][0] if stages else of_type(blocks, "AWS::ApiGateway::RestApi")[0][0])
        raise TemplateError(
            f"{where}: the template has {len(stages) or 'no'} API stages; the local gateway serves exactly one"
        )
    return stages[0][1]
