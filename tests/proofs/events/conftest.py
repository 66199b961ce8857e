"""The stage of the proofs about events."""

from __future__ import annotations

import pytest

from tests.proofs.events.stage import Stage
from tests.support.emulator import Emulator


@pytest.fixture(scope="session")
def stage(emulator: Emulator) -> Stage:
    """The resources of the template, once for the whole run."""
    return Stage(emulator)
