"""The pages at /docs beside the API, from files of this machine alone."""

from __future__ import annotations

import asyncio
import re

import pytest

from local.gateway.routes import Router, resources
from local.web import documentation
from local.web.site import Site
from local.wire.allowed import Allowed
from local.wire.messages import Request, Response

ROUTE: dict[str, dict[str, str]] = {"x-amazon-apigateway-integration": {}}


def answered(
    target: str,
    method: str = "GET",
    paths: tuple[str, ...] = ("/users",),
    contract: bool = True,
    accept: str = "text/html,*/*;q=0.8",
) -> Response:
    async def api(_: Request) -> Response:
        return Response(418)

    router = Router(resources({"paths": {path: {"get": ROUTE} for path in paths}}))
    site = Site(api, router, b"{}" if contract else None, Allowed())
    return asyncio.run(site(Request(method, target, [("Accept", accept)], b"", "127.0.0.1")))


@pytest.mark.parametrize("name", documentation.FILES)
def test_each_file_is_there_and_may_do_no_more_than_it_needs(name):
    response = answered(f"/docs/{name}")
    headers = dict(response.headers)
    assert (response.status, len(response.body) > 50) == (200, True)
    assert headers["Content-Type"] == documentation.FILES[name][1]
    assert headers["X-Content-Type-Options"] == "nosniff"
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"


def test_the_page_names_files_of_its_own_and_no_other_host():
    page = answered("/docs").body.decode()
    named = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert len(named) > 3
    for name in named:
        assert name.startswith("/"), name
        assert answered(name).status == 200, name
    assert "//" not in page.replace("<!doctype html>", "")


@pytest.mark.parametrize("target", ["/", "/?from=somewhere"])
def test_the_root_leads_there(target):
    response = answered(target)
    assert (response.status, dict(response.headers)["Location"]) == (302, "/docs")


@pytest.mark.parametrize(
    "name", ["missing.js", "../docs/index.html", "%2e%2e/contract.py", "start.js/x", "swagger-ui.css.map"]
)
def test_other_files_are_not_given_out(name):
    assert answered(f"/docs/{name}").status == 404


@pytest.mark.parametrize(
    "call",
    [
        {"target": "/docs", "method": "POST"},
        {"target": "/docsx"},
        {"target": "/docs", "contract": False},
        {"target": "/docs/start.js", "paths": ("/docs",)},
        {"target": "/", "paths": ("/",)},
        {"target": "/", "contract": False},
        {"target": "/", "accept": "*/*"},
        {"target": "/docs", "paths": ("/{proxy+}",)},
    ],
    ids=str,
)
def test_all_else_is_the_apis(call):
    assert answered(**call).status == 418
