"""Failure is bounded: in time, in attempts, in what an outage costs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.proofs.faults.limits import LIMITS
from tests.proofs.faults.rig import ENGINES, Rig
from tests.proofs.figures import figures
from tests.proofs.system import System


@pytest.fixture(scope="module", params=ENGINES)
def rig(request, emulator) -> Iterator[Rig]:
    with Rig(System(), emulator, request.param) as made:
        yield made


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_holds(rig, name):
    rig.wipe()
    rig.rewire()
    LIMITS[name](rig)
    figures("limits", 1, violations=0)
