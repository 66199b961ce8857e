"""Every story with either client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.proofs.faults.rig import ENGINES, Rig
from tests.proofs.faults.stories import STORIES, tell
from tests.proofs.figures import figures
from tests.proofs.system import System


@pytest.fixture(scope="module", params=ENGINES)
def rig(request, emulator) -> Iterator[Rig]:
    with Rig(System(), emulator, request.param) as made:
        yield made


@pytest.mark.parametrize("name", STORIES)
def test_a_story_ends_as_promised(rig, name):
    tell(rig, name)
    figures("stories", 1, violations=0)
