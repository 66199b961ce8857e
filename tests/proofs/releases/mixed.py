"""Two releases behind one pair of tables, each request to either of them at random, also over HTTP."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from local.gateway.access.keys import Limits
from local.gateway.api import read_api
from local.gateway.rest_api import Gateway
from local.template.intrinsics import ACCOUNT, REGION
from local.template.source import read_template
from local.template.transform import load
from tests.local import front
from tests.proofs.releases.release import Release
from tests.template.stack import TEMPLATE

NAMES = ("CreateUser", "GetUser", "ListUsers", "UpdateUser", "DeleteUser")


class Mixed:
    """Sends each call to one of two releases, as the seed has it. `pairs` has each two calls: (release, name) twice."""

    def __init__(self, releases: tuple[Release, Release], seed: int) -> None:
        self.releases = releases
        self.random = random.Random(seed)
        self.last: tuple[int, str] | None = None
        self.pairs: set[tuple[tuple[int, str], tuple[int, str]]] = set()

    def call(self, name: str, event: dict[str, Any]) -> Any:
        """What the function of one of the releases returns."""
        which = self.random.randrange(2)
        if self.last:
            self.pairs.add((self.last, (which, name)))
        self.last = (which, name)
        return self.releases[which].call(name, event)


class Function:
    """A function of users in both releases, as the gateway wants functions to be."""

    def __init__(self, name: str, mixed: Mixed) -> None:
        logical_id = f"{name}Function"
        physical = f"users-api-{logical_id}"
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{physical}"
        self.settings = SimpleNamespace(logical_id=logical_id, name=physical, arn=arn)
        self.name, self.mixed = name, mixed

    async def invoke(self, event: Any, wait: float | None = None) -> tuple[Any, str]:
        """Its answer, and a request id."""
        call = asyncio.to_thread(self.mixed.call, self.name, json.loads(json.dumps(event)))
        return await asyncio.wait_for(call, wait), "mixed"


class Front(front.Front):
    """The front end of `make run` before both releases. `folder` is for its file of keys, `url` its address."""

    def __init__(self, mixed: Mixed, folder: Path) -> None:
        source = read_template(TEMPLATE)
        api = read_api(load(TEMPLATE, {"ApiKeyRequired": "false"}), source.place, {})
        functions: Any = {it.settings.name: it for it in (Function(name, mixed) for name in NAMES)}
        super().__init__(
            Gateway(api, functions, Limits(api, folder / "keys.json"), "http://127.0.0.1:9", lambda *_: None)
        )
