"""The proofs of this folder as detectors of wrong versions."""

from __future__ import annotations

from typing import Any

from tests.proofs.concurrency.schedules import explore
from tests.proofs.proof import Proof
from tests.proofs.system import System

SCHEDULES = range(600)


def interleavings(system: System, emulator: Any) -> None:
    """Six hundred schedules over the database in memory."""
    explored = explore(SCHEDULES, system, shrink=False)
    assert not explored.failure, explored.failure


PROOFS = [
    Proof(
        "interleavings",
        interleavings,
        (
            "check, then put",
            "user and claim in two steps",
            "claim taken without a condition",
            "email compared case by case",
            "email change leaves the old claim",
            "email change not bound to the version read",
            "update without existence",
            "delete without claim",
            "delete not bound to the version read",
            "claim freed without asking for its owner",
            "If-Match decided by an earlier read",
            "If-Match not asked of a delete",
            "version not raised",
            "record outside the transaction",
            "record not asked for before the claim",
            "key shared by all callers",
            "key replayed for another body",
            "retry without token",
            "lastWrite not looked at",
            "doubt answered as a refusal",
            "single update repeated blindly",
            "overtaken write made again",
            "time taken from the clock alone",
            "claim of one's own refused",
            "cancellation reasons not read",
            "throttling passed on as a fault",
        ),
    )
]
