"""Mapping templates on bodies that are costly or nested deeply."""

from __future__ import annotations

import pytest

from local.gateway.events import exchange
from local.gateway.mapping import Input
from local.gateway.mocks import rendered
from local.gateway.responses import Refusal, Variables
from local.wire.messages import Request

EXCHANGE = exchange(Request("POST", "/", [], b"", "127.0.0.1"), "Prod")


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


def test_a_template_parses_the_body_once():
    """Otherwise a loop over a large body takes the square of its size."""
    body = Input(EXCHANGE, '{"a": [{"b": 1}]}')
    assert body.path("$.a[0]") is body.path("$.a[0]")


@pytest.mark.parametrize("template", ["$input.json('$')", "$input.path('$')", "$util.parseJson($input.body)"])
def test_a_body_that_is_nested_too_deeply_is_refused(template):
    variables = Variables(EXCHANGE, {}, {})
    assert rendered(template, EXCHANGE, variables, nested(50))[0] == nested(50)
    with pytest.raises(Refusal, match="API_CONFIGURATION_ERROR") as caught:
        rendered(template, EXCHANGE, variables, nested(100_000))
    assert "nested too deeply" in caught.value.reason
