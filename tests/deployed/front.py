"""Our front end before the deployed functions.

When ministack's own API Gateway imports a definition, it drops what api-gateway.yaml says of preflight, 405, gateway
responses and binary bodies. The front end of `make run` does not, so the deployed functions are reached through it too:
it reads the template with the names and the key of the deployment, and calls each function by Lambda's Invoke.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from local.functions.function import FunctionError
from local.gateway.access.keys import Limits
from local.gateway.api import read_api
from local.gateway.rest_api import Gateway
from local.template.intrinsics import ACCOUNT, REGION
from local.template.source import read_template
from local.template.transform import load
from tests.deployed.stack import Stack
from tests.local import front


class Deployed:
    """A function behind Lambda's API, as the gateway wants functions to be."""

    def __init__(self, logical_id: str, name: str, stack: Stack) -> None:
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
        self.settings = SimpleNamespace(logical_id=logical_id, name=name, arn=arn)
        self.client = stack.cloud.client("lambda")
        self.alias = stack.alias(logical_id)

    async def invoke(self, event: Any, wait: float | None = None) -> tuple[Any, str]:
        """Invoke it; its answer and the request id."""
        call = asyncio.to_thread(
            self.client.invoke,
            FunctionName=self.settings.name,
            Payload=json.dumps(event).encode(),
            **self.alias,
        )
        answer = await asyncio.wait_for(call, wait)
        payload = json.load(answer["Payload"])
        if "FunctionError" in answer:
            raise FunctionError(payload.get("errorType", "Error"), json.dumps(payload))
        return payload, answer["ResponseMetadata"].get("RequestId", "")


class Front(front.Front):
    """The front end of one stack, on a free port. `folder` is for its file of keys."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        names = stack.resources()
        source = read_template(stack.project / "template.yaml")
        resolved = load(source.path, physical=names)
        (folder / "keys.json").write_text(json.dumps({"UsersApiKey": stack.api_key()}))
        api = read_api(resolved, source.place, names)
        functions: Any = {name: Deployed(logical_id, name, stack) for logical_id, name in stack.functions().items()}
        limits = Limits(api, folder / "keys.json")
        super().__init__(Gateway(api, functions, limits, stack.cloud.endpoint, lambda *_: None))
