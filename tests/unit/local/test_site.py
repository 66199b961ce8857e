"""/openapi.json beside the API."""

from __future__ import annotations

import asyncio

import pytest

from local.gateway.routes import Router, resources
from local.web.site import Site
from local.wire.allowed import Allowed
from local.wire.messages import Request, Response

ANSWER: dict[str, dict[str, str]] = {"x-amazon-apigateway-integration": {}}


def answered(target: str, method: str = "GET", path: str = "/users", contract: bytes | None = b"{}") -> Response:
    async def api(_: Request) -> Response:
        return Response(418)

    site = Site(api, Router(resources({"paths": {path: {"get": ANSWER}}})), contract, Allowed())
    return asyncio.run(site(Request(method, target, [], b"", "127.0.0.1")))


@pytest.mark.parametrize("target", ["/openapi.json", "/openapi.json?of=today"])
def test_the_contract_is_readable_for_every_page_that_may_ask(target):
    response = answered(target)

    assert (response.status, response.body) == (200, b"{}")
    assert dict(response.headers)["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "call",
    [
        {"target": "/users"},
        {"target": "/openapi.json/"},
        {"target": "/openapi.json", "method": "POST"},
        {"target": "/openapi.json", "contract": None},
        {"target": "/openapi.json", "path": "/openapi.json"},
        {"target": "/openapi.json", "path": "/{anything}"},
        {"target": "/openapi.json", "path": "/{proxy+}"},
    ],
    ids=str,
)
def test_all_else_is_the_apis(call):
    assert answered(**call).status == 418
