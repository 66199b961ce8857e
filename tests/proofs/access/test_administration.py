"""The promises about decisions hold, and each wrong version breaks the one that its name says."""

from __future__ import annotations

import pytest

from tests.proofs.access import administration
from tests.proofs.access.stage import staged
from tests.proofs.access.wrong_administration import VERSIONS
from tests.proofs.seeded import edited
from tests.proofs.system import System, installed


@pytest.mark.parametrize("promise", administration.PROMISES, ids=lambda it: it.__name__)
def test_a_promise_holds(promise):
    with staged(System()) as stage:
        promise(stage)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_wrong_version_is_caught(version):
    promise, edit = VERSIONS[version]
    with edited((edit,)) as source, installed(source) as system, staged(system) as stage, pytest.raises(AssertionError):
        promise(stage)
