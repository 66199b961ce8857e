"""Golden: the base path of a custom domain. Against a deployed stack, give the domain's URL with its base path.

Source: AWS documentation, "Use API mappings to connect API stages to a custom domain name",
/apigateway/latest/developerguide/rest-api-mappings.html.
"""

from __future__ import annotations

import pytest

from tests.local.gateway_api import Caller

TEMPLATE = "domain"


@pytest.fixture(scope="module")
def domain(api, request):
    """The API by way of its domain."""
    if request.config.getoption("--against", default=[]):
        return api
    return Caller(api.base.removesuffix("/Prod") + "/shop/v1")


def test_the_base_path_leads_to_the_stage_and_stays_in_the_paths(domain):
    event = domain.event("GET", "/echo/7")
    assert (event["resource"], event["pathParameters"]) == ("/echo/{id}", {"id": "7"})
    assert event["path"] == "/shop/v1/echo/7"
    assert event["requestContext"]["path"] == "/shop/v1/echo/7"


@pytest.mark.local_only
def test_another_path_does_not(api):
    assert Caller(api.base.removesuffix("/Prod") + "/shop/v2").get("/echo/7").status == 403
