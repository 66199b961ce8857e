"""Every wrong version of the code behind a change is caught by the promise that it breaks."""

from __future__ import annotations

import pytest

from tests.proofs.events import picturing
from tests.proofs.events.messages import good
from tests.proofs.events.promises import assert_handled
from tests.proofs.events.publishing import Bus, changes, published
from tests.proofs.events.running import Running
from tests.proofs.events.services import Faults
from tests.proofs.events.stage import Consumer, Stage
from tests.proofs.events.wrong import PUBLISH, REMOVE_PICTURES, VERSIONS
from tests.proofs.figures import figures
from tests.proofs.seeded import edited


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_a_wrong_version_is_caught(stage, version):
    name, promise, edits = VERSIONS[version]
    with edited(edits) as source:
        running = Running(stage, consumer(stage, name), source)
        work_once(running)
        with pytest.raises(AssertionError):
            promise(running)
    figures("wrong versions caught", 1)


def consumer(stage: Stage, name: str) -> Consumer:
    """The consumer of this name."""
    return next(it for it in stage.consumers() if it.name == name)


def work_once(running: Running) -> None:
    """A wrong version works where nothing goes wrong: it is wrong in the one way that its name says."""
    if running.consumer.name == PUBLISH:
        bus = Bus()
        assert (published(running, changes()[:1], bus), len(bus.taken)) == ([], 1)
    elif running.consumer.name == REMOVE_PICTURES:
        picturing.removed(running, Faults())
    else:
        assert_handled(running, good(running.stage, running.consumer, 1))
