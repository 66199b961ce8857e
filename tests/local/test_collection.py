"""Templates of the kinds that people publish: each is served as it says, or stopped with its sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from local import support
from local.functions import packages
from local.template.source import TemplateError, read_template
from tests.local.gateway_api import Caller
from tests.support.server import Server

pytestmark = [pytest.mark.slow, pytest.mark.local_only]

COLLECTION = Path(__file__).parent / "collection"
PLACE = re.compile(r"[\w.-]+\.yaml:\d+: |the parameter '\w+' \([\w.-]+\.yaml:\d+\) ")


def expected(path):
    """What a template says of itself."""
    return (read_template(path).tree.get("Metadata") or {}).get("Expect") or {}


CASES = {path.stem: expected(path) for path in sorted(COLLECTION.glob("*.yaml")) if path.name != "api.yaml"}
SERVED = [name for name, case in CASES.items() if "requests" in case]
DEPLOYED = [
    "alias-by-name",
    "consumers",
    "cors-and-auth",
    "created-if",
    "function-if",
    "nested-functions",
    "own-layer",
    "shared-tags",
    "simple-table",
    "table-with-index",
]
STOPPED = [name for name, case in CASES.items() if "stops" in case]


def test_each_template_says_what_is_expected():
    assert sorted(SERVED + STOPPED) == sorted(CASES)
    assert len(CASES) >= 60


@pytest.mark.parametrize("name", SERVED)
def test_a_template_is_served_as_it_says(local_api, name):
    path = COLLECTION / name
    api = local_api(str(path))
    for request, status in CASES[name]["requests"].items():
        method, _, target = request.partition(" ")
        response = api.send(method, target)
        assert (request, response.status, response.text) == (request, status, response.text)
    source = read_template(path.with_suffix(".yaml"))
    listed = "\n".join(
        [*support.notes(api.api), *support.functions_left_out(api.api, source), *packages.not_here(api.api.template)]
    )
    for words in CASES[name].get("listed", ()):
        assert words in listed


@pytest.mark.parametrize("name", DEPLOYED)
def test_a_template_with_resources_is_served_by_make_run(name):
    with Server(TEMPLATE=str(COLLECTION / f"{name}.yaml")) as server:
        for request, status in CASES[name]["requests"].items():
            method, _, target = request.partition(" ")
            assert (request, Caller(server.url).send(method, target).status) == (request, status)
        assert f"The API is running at http://localhost:{server.port}/app" in server.output


@pytest.mark.parametrize("name", STOPPED)
def test_a_template_is_stopped_with_a_sentence_and_its_line(local_api, name):
    with pytest.raises(TemplateError) as error:
        local_api(str(COLLECTION / name))
    assert CASES[name]["stops"] in str(error.value)
    assert PLACE.match(str(error.value))
    assert "\n" not in str(error.value)
