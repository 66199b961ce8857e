"""Response splitting (CWE-113): what a client sends never becomes a header or a response of its own."""

from __future__ import annotations

import pytest

TEMPLATE = "mocks"
SAID = ["a%0d%0aX-Other:%20b", "a%0aX-Other:%20b", "a%0dX-Other:%20b", "a%0d%0a%0d%0aHTTP/1.1%20200%20OK", "a%00b"]


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("path", ["/nowhere", "/override"], ids=["gateway response", "mock"])
def test_line_breaks_of_a_parameter_become_spaces_in_a_header(api, path, said):
    response = api.get(f"{path}?said={said}")
    assert response.header("X-Other") is None
    assert str(response.header("X-Said")).startswith("a ")
    assert response.header("x-amzn-RequestId")
