"""Every consumer of src/consumers keeps the promises of consumers. A new one is held to them by being there."""

from __future__ import annotations

import functools
import re

import pytest

from tests.proofs.events.faulted import a_failing_database_delays_and_no_more
from tests.proofs.events.messages import POISON
from tests.proofs.events.promises import (
    a_fault_concerns_its_message_alone,
    a_repetition_changes_nothing,
    an_unknown_type_is_ignored,
    any_order_has_the_same_effects,
    poison_goes_aside_alone,
)
from tests.proofs.events.running import SOURCE, Running
from tests.proofs.figures import figures

pytestmark = pytest.mark.slow

# Its queue has deliveries that are due, and no events of a bus (tests/unit/consumers/test_deliver_webhook.py).
OF_DELIVERIES = {"deliver_webhook"}
OF_A_QUEUE = sorted(
    {it.stem for it in (SOURCE / "consumers").glob("*.py") if "lambda_handler = queue_consumer(" in it.read_text()}
    - OF_DELIVERIES
)
HANDLER = re.compile(r"^(lambda_handler = |def lambda_handler)", re.MULTILINE)
OF_THE_STREAM = "keep_cache"  # there with a cache only: tests/unit/consumers/test_keep_cache.py
ALL = sorted(path.stem for path in (SOURCE / "consumers").glob("*.py") if HANDLER.search(path.read_text()))

# A letter that may have been sent is not sent again: tests/proofs/events/mailing.py has what mail promises instead.
ASKS_A_PERSON = ("send_mail",)


@pytest.fixture(scope="module")
def running(stage):
    """A consumer by its name; its modules are loaded once."""
    found = {it.name: it for it in stage.consumers()}
    return functools.cache(lambda name: Running(stage, found[name]))


def test_the_template_runs_every_consumer(stage):
    assert sorted(it.name for it in stage.consumers()) == sorted({*ALL} - {OF_THE_STREAM})


@pytest.mark.parametrize("name", OF_A_QUEUE)
def test_poison_goes_aside_alone(running, name):
    poison_goes_aside_alone(running(name))
    figures("batches with poison", 11, violations=0)


@pytest.mark.deep
@pytest.mark.parametrize("kind", sorted(POISON))
@pytest.mark.parametrize("name", OF_A_QUEUE)
def test_poison_of_each_kind_goes_aside_alone(running, name, kind):
    poison_goes_aside_alone(running(name), (kind,))


@pytest.mark.parametrize("name", OF_A_QUEUE)
def test_a_fault_concerns_its_message_alone(running, name):
    a_fault_concerns_its_message_alone(running(name))


@pytest.mark.parametrize("name", OF_A_QUEUE)
def test_a_repetition_changes_nothing(running, name):
    a_repetition_changes_nothing(running(name))


@pytest.mark.parametrize("name", OF_A_QUEUE)
def test_any_order_has_the_same_effects(running, name):
    any_order_has_the_same_effects(running(name))


@pytest.mark.parametrize("name", [name for name in OF_A_QUEUE if name not in ASKS_A_PERSON])
def test_a_failing_database_delays_and_no_more(running, name):
    a_failing_database_delays_and_no_more(running(name))


@pytest.mark.deep
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", [name for name in OF_A_QUEUE if name not in ASKS_A_PERSON])
@pytest.mark.parametrize("kind", ["hang", "closed", "truncated", "page 503"])
def test_a_database_that_fails_in_other_ways_delays_and_no_more(running, name, kind):
    a_failing_database_delays_and_no_more(running(name), (kind,))


@pytest.mark.parametrize("name", OF_A_QUEUE)
def test_an_unknown_type_is_ignored(running, name):
    an_unknown_type_is_ignored(running(name))
