"""The deployed stack, as its owner sees it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.deployed.cloud import REGION, Cloud
from tests.support.project import run

NAME = "users-proof"
ACCOUNT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}


@dataclass
class Stack:
    """What deploy.sh made of the project in `project`; `said` is what it printed the first time."""

    cloud: Cloud
    project: Path
    said: str = ""
    parameters: tuple[str, ...] = ()  # options of `sam deploy` that its tests repeat
    known: dict[str, str] = field(default_factory=dict)
    name: str = NAME

    @property
    def settings(self) -> dict[str, str]:
        """The environment that leads to the account."""
        return {"AWS_ENDPOINT_URL": self.cloud.endpoint, **ACCOUNT}

    def script(self, script: str, *arguments: str) -> Any:
        """Run deploy.sh or cleanup.sh against the account."""
        self.known = {}
        target = ("--stack", self.name, "--region", REGION)
        return run(self.project, script, *target, *arguments, **self.settings)

    def resources(self) -> dict[str, str]:
        """Physical id by logical id."""
        if not self.known:
            answer = self.cloud.client("cloudformation").describe_stack_resources(StackName=self.name)
            self.known = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in answer["StackResources"]}
        return self.known

    def rest(self) -> None:
        """Stop its consumers: their repeated calls would be recorded among those of the next stack."""
        client = self.cloud.client("lambda")
        names = set(self.functions().values())
        for mapping in client.list_event_source_mappings()["EventSourceMappings"]:
            if mapping["FunctionArn"].rpartition(":")[2] in names:
                client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)

    def functions(self) -> dict[str, str]:
        """Names of the functions by logical id."""
        return {logical: name for logical, name in self.resources().items() if logical.endswith("Function")}

    def gateway_url(self) -> str:
        """The API behind the account's own API Gateway."""
        return f"{self.cloud.endpoint}/restapis/{self.resources()['UsersApi']}/Prod/_user_request_"

    def output(self, name: str) -> str:
        """One output."""
        stack = self.cloud.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"][0]
        return str(next(each["OutputValue"] for each in stack["Outputs"] if each["OutputKey"] == name))

    def api_key(self) -> str:
        """The value of the API key, fetched as deploy.sh says."""
        client = self.cloud.client("apigateway")
        return str(client.get_api_key(apiKey=self.output("ApiKeyId"), includeValue=True)["value"])

    def alias(self, function: str) -> dict[str, str]:
        """What an invocation says besides, to reach the alias that API Gateway calls."""
        return {"Qualifier": "live"} if f"{function}Aliaslive" in self.resources() else {}

    def invoke(self, function: str, event: dict[str, Any], latest: bool = False) -> dict[str, Any]:
        """The answer of a function, by its logical id: of its alias if it has one, or of its newest code."""
        qualifier = {} if latest else self.alias(function)
        answer = self.cloud.client("lambda").invoke(
            FunctionName=self.resources()[function], Payload=json.dumps(event).encode(), **qualifier
        )
        payload = json.load(answer["Payload"])
        assert "FunctionError" not in answer, payload
        return dict(payload)
