"""The functions that API Gateway may call by the template's AWS::Lambda::Permission resources."""

from __future__ import annotations

from collections.abc import Mapping

from local.gateway.access import policies
from local.gateway.api import Api, of_type
from local.gateway.routes import METHODS


class Permissions:
    """The functions that let API Gateway call them, and for what. `names` gives a function's name by its ARN."""

    def __init__(self, api: Api, names: Mapping[str, str]) -> None:
        self.api, self.names = api, names
        self.granted = [
            (str(block.get("FunctionName")), policies.pattern(str(block.get("SourceArn") or "*"), ignore_case=False))
            for _, block in of_type(api.template, "AWS::Lambda::Permission")
            if block.get("Principal") == "apigateway.amazonaws.com"
        ]

    def allow(self, arn: str, source: str) -> bool:
        """Whether a function may be called from a source: an ARN of execute-api."""
        return any(name in (arn, self.names.get(arn)) and held.fullmatch(source) for name, held in self.granted)

    def methods(self) -> set[tuple[str, str]]:
        """The methods, by path and verb, whose function may be called for each verb that they take."""
        return {
            (method.resource, method.verb)
            for resource in self.api.resources
            for method in resource.methods.values()
            if all(
                self.allow(str(method.function_arn), self.api.source_arn(verb, method.resource))
                for verb in (METHODS if method.verb == "ANY" else (method.verb,))
            )
        }

    def authorizer(self, arn: str) -> bool:
        """Whether a function may be called as an authorizer."""
        return self.allow(arn, self.api.authorizer_arn())
