"""The publisher loses nothing and keeps the order of each user, whatever the bus does."""

from __future__ import annotations

import pytest

from tests.proofs.events import publishing
from tests.proofs.events.running import Running
from tests.proofs.events.wrong import PUBLISH

PROMISES = (
    publishing.a_repeated_stream_has_the_same_events,
    publishing.an_event_that_is_refused_once_keeps_its_place,
    publishing.an_event_that_is_refused_for_good_stops_nothing,
    publishing.an_outage_loses_nothing,
    publishing.a_lost_answer_repeats_the_same_events,
    publishing.a_crash_repeats_the_same_events,
    publishing.a_poison_record_stops_nothing,
)


@pytest.fixture(scope="module")
def publisher(stage):
    """The publisher; its modules are loaded once."""
    [found] = [it for it in stage.consumers() if it.name == PUBLISH]
    return Running(stage, found)


@pytest.mark.parametrize("promise", PROMISES, ids=lambda it: it.__name__)
def test_the_publisher_keeps_its_promise(publisher, promise):
    promise(publisher)
