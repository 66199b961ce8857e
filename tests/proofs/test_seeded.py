"""The proofs can fail: every seeded wrong version is caught, and the right one is not."""

from __future__ import annotations

import pytest

from tests.proofs.faults.flows import NAMED
from tests.proofs.faults.rig import Rig
from tests.proofs.figures import figures
from tests.proofs.seeded import VERSIONS, proofs, seeded
from tests.proofs.system import System

pytestmark = pytest.mark.slow
PROOFS = proofs()
TRIED_OUT = ("create with a key", "create taken", "get", "list on", "put name", "put stale", "put email", "delete")
CAUGHT = [(proof, version) for proof in PROOFS for version in proof.catches]


@pytest.mark.parametrize(("proof", "version"), CAUGHT, ids=[f"{version} by {proof}" for proof, version in CAUGHT])
def test_a_wrong_version_is_caught(emulator, proof, version):
    with seeded(version) as system, pytest.raises(AssertionError):
        proof.detect(system, emulator)
    figures("wrong versions caught", 1)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_wrong_version_passes_where_nothing_goes_wrong(emulator, version):
    """It is wrong in the one way it says: not broken, and not to be told from the right one by trying it out."""
    with seeded(version) as system, Rig(system, emulator) as rig:
        for flow in map(NAMED.__getitem__, TRIED_OUT):
            rig.wipe()
            rig.rewire()
            reply = rig.send(**flow.request(flow.stage(rig)))
            assert reply.status == flow.success[0] or flow.success[0] >= 400


@pytest.mark.parametrize("proof", PROOFS, ids=str)
def test_the_right_version_is_not(emulator, proof):
    proof.detect(System(), emulator)


def test_every_wrong_version_is_caught_by_some_proof():
    caught = {version for _, version in CAUGHT}
    assert caught == set(VERSIONS)
