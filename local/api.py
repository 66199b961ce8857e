"""The REST API of a resolved template, with its stage, keys and plans, and what of it the local gateway cannot do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.intrinsics import ACCOUNT, REGION
from local.routes import Resource, Router, made_up_id, resources
from local.source import TemplateError

Resources = Mapping[str, Mapping[str, Any]]
Place = Callable[..., str]


@dataclass
class Api:
    """Everything the gateway obeys. `place` gives the template's line of a part of the definition."""

    logical_id: str
    definition: Mapping[str, Any]
    resources: list[Resource]
    router: Router
    stage: Mapping[str, Any]
    template: Resources
    place: Place
    base_paths: dict[str, str] = field(default_factory=dict)   # first segment of a custom domain's path -> stage

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
        return str(self.definition.get("x-amazon-apigateway-api-key-source") or "HEADER").upper()

    @property
    def facts(self) -> dict[str, Any]:
        """What requestContext says of the API itself."""
        return {"accountId": ACCOUNT, "apiId": made_up_id(self.logical_id),
                "deploymentId": made_up_id(f"{self.logical_id} deployment", 6), "region": REGION}

    def gateway_responses(self) -> dict[str, Mapping[str, Any]]:
        """The template's own gateway responses, by type, from the definition and from resources of their own."""
        found = dict(self.definition.get("x-amazon-apigateway-gateway-responses") or {})
        for _, properties in of_type(self.template, "AWS::ApiGateway::GatewayResponse"):
            found[properties["ResponseType"]] = {
                "statusCode": properties.get("StatusCode"), "responseParameters": properties.get("ResponseParameters"),
                "responseTemplates": properties.get("ResponseTemplates")}
        return found


def of_type(template: Resources, kind: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The resources of one type: logical id and properties."""
    return [(name, block.get("Properties") or {}) for name, block in template.items() if block["Type"] == kind]


def read_api(template: Mapping[str, Any], place: Place) -> Api:
    """The one REST API of a resolved template. `place(*trail)` finds a line. Raises TemplateError."""
    blocks: Resources = template["Resources"]
    apis = of_type(blocks, "AWS::ApiGateway::RestApi")
    if len(apis) != 1:
        raise TemplateError(f"{place()} has {len(apis) or 'no'} REST APIs; the local gateway serves exactly one")
    name, properties = apis[0]
    definition = properties.get("Body")
    if not isinstance(definition, Mapping):
        raise TemplateError(f"{place('Resources', name)}: the API has no definition in the template; "
                            "the local gateway reads DefinitionBody")
    definition = with_properties(definition, properties)
    refuse_single_methods(blocks, place)
    found = resources(definition)

    def line(*trail: Any) -> str:
        return place("Resources", name, "Properties", "DefinitionBody", *trail)

    return Api(name, definition, found, Router(found), stage(blocks, place), blocks, line)


def with_properties(definition: Mapping[str, Any], properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """The definition with what the resource says beside it."""
    found = dict(definition)
    for key, extension in (("BinaryMediaTypes", "binary-media-types"), ("ApiKeySourceType", "api-key-source"),
                           ("MinimumCompressionSize", "minimum-compression-size")):
        if properties.get(key) is not None:
            found.setdefault(f"x-amazon-apigateway-{extension}", properties[key])
    return found


def refuse_single_methods(blocks: Resources, place: Place) -> None:
    """Methods written as resources of their own are another way to say what the definition says; we read only that."""
    for name, _ in of_type(blocks, "AWS::ApiGateway::Method"):
        raise TemplateError(f"{place('Resources', name)}: AWS::ApiGateway::Method is not supported locally; "
                            "write the method into the API's definition")


def stage(blocks: Resources, place: Place) -> Mapping[str, Any]:
    """The one stage."""
    stages = of_type(blocks, "AWS::ApiGateway::Stage")
    if len(stages) != 1:
        raise TemplateError(f"{place()} has {len(stages) or 'no'} API stages; the local gateway serves exactly one "
                            "(OpenApiVersion under Globals.Api keeps SAM from adding a stage of its own)")
    return stages[0][1]
