"""As many exports run at once as there are places, whatever becomes of them."""

from __future__ import annotations

import json
import uuid

import pytest

from bulk.create_export import create_export
from steps.finish_export import finish_export
from tests.unit.handlers.actions import request
from transfers.errors import TooManyExports
from transfers.jobs import PLACE_SECONDS
from transfers.model import MOST_EXPORTS
from utils.errors import ServiceUnavailable


class Machine:
    """Step Functions: notes what starts, or refuses."""

    def __init__(self, works=True):
        self.works = works

    def start(self, _name, _document):
        if not self.works:
            raise ServiceUnavailable


def start(warehouse, machine=None):
    """The id of a new export."""
    asked = request("POST", "/admin/exports", {"format": "ndjson"})
    new_id = str(uuid.uuid4())
    answer = create_export(asked, warehouse.jobs, machine or Machine(), 1, new_id, lambda: warehouse.now)
    assert answer.status == 201
    return json.loads(answer.body)["exportId"]


@pytest.fixture
def running(warehouse):
    """The ids of as many exports as may run."""
    return [start(warehouse) for _ in range(MOST_EXPORTS)]


def finish(warehouse, export_id):
    warehouse.segment(export_id, 1)
    warehouse.finish_export(export_id)


def test_one_export_more_is_refused_until_one_has_ended(warehouse, running):
    with pytest.raises(TooManyExports) as refused:
        start(warehouse)
    assert (refused.value.status, refused.value.headers) == (409, {"Retry-After": "60"})
    finish(warehouse, running[1])
    start(warehouse)
    with pytest.raises(TooManyExports):
        start(warehouse)


def test_an_export_that_fails_frees_its_place(warehouse, running):
    finish_export({"export": running[0], "failed": True}, warehouse.jobs, warehouse.store)
    start(warehouse)


def test_a_last_step_that_is_repeated_frees_no_place_of_another(warehouse, running):
    finish(warehouse, running[0])
    start(warehouse)
    warehouse.finish_export(running[0])
    with pytest.raises(TooManyExports):
        start(warehouse)


def test_an_export_that_does_not_start_takes_no_place(warehouse, running):
    finish(warehouse, running[0])
    for _ in range(2):
        with pytest.raises(ServiceUnavailable):
            start(warehouse, Machine(works=False))
    start(warehouse)


def test_an_export_that_was_aborted_loses_its_place_in_the_end(warehouse, running):
    warehouse.now += PLACE_SECONDS - 1
    with pytest.raises(TooManyExports):
        start(warehouse)
    warehouse.now += 1
    start(warehouse)


def test_of_two_that_start_at_once_one_gets_the_last_place(warehouse, running):
    finish(warehouse, running[0])
    taken = []

    def start_first(operation, _request):
        if operation == "UpdateItem" and not taken:
            taken.append(operation)
            start(warehouse)

    warehouse.before = start_first
    with pytest.raises(TooManyExports):
        start(warehouse)


def test_an_export_of_an_earlier_release_ends_too(warehouse):
    export_id = warehouse.export(segments=1)
    job = warehouse.export_of(export_id)
    del job["place"]
    warehouse.jobs.create(job)
    finish(warehouse, export_id)
    assert warehouse.export_of(export_id)["status"] == "completed"
