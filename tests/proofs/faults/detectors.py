"""The flows and stories as proofs that wrong versions of src/ are run against."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.proofs.faults.flow import faults_of, run
from tests.proofs.faults.flows import NAMED
from tests.proofs.faults.rig import Rig
from tests.proofs.faults.stories import STORIES, tell
from tests.proofs.seeded import Proof
from tests.proofs.system import System

# Enough to tell a right version from a wrong one.
KINDS = ("late", "closed", "ThrottlingException", "flipped", "canceled 0 TransactionConflict", "half seen",
         "TransactionConflictException", "canceled 1 ConditionalCheckFailed")  # fmt: skip


def flow(name: str, *catches: str, always: str = "") -> Proof:
    """The flow through one fault of each kind, or through one that does not end."""

    def detect(rig: Rig) -> None:
        times = 600 if always else 1
        for fault in faults_of(NAMED[name], [always] if always else KINDS, times):
            run(rig, NAMED[name], (fault,))

    return _proof(f"flow: {name}" + (f" ({always} always)" if always else ""), detect, catches)


def story(name: str, *catches: str) -> Proof:
    """One story."""
    assert name in STORIES
    return _proof(f"story: {name}", lambda rig: tell(rig, name), catches)


def _proof(name: str, detect: Callable[[Rig], None], catches: tuple[str, ...]) -> Proof:
    def on_rig(system: System, emulator: Any) -> None:
        with Rig(system, emulator) as rig:
            detect(rig)

    return Proof(name, on_rig, catches)


PROOFS = [
    flow("create", "check, then put", "cancellation reasons not read", "no retries", "claim of one's own refused",
         "email compared case by case"),
    flow("create with a key", "record not asked for before the claim", "refusal believed though half seen"),
    flow("create", "request quoted in the log", "exception's text told to the client", always="closed"),
    flow("create", "throttling passed on as a fault", always="ThrottlingException"),
    flow("get", "checksum not compared"),
    flow("put name", "lastWrite not looked at", "version not raised", "held item taken for a fault"),
    flow("put email", "email change leaves the old claim"),
    flow("put email if match", "retry without token"),
    flow("delete", "delete without claim", "retry without token"),
    flow("delete stale", "If-Match not asked of a delete"),
    story("an email taken just before a create", "check, then put", "claim taken without a condition",
          "email compared case by case"),
    story("an email taken just before put email", "claim taken without a condition"),
    story("a user deleted just before put name", "update without existence"),
    story("an email changed between read and write of put email", "email change not bound to the version read"),
    story("an email changed between read and write of a delete", "delete not bound to the version read"),
    story("a user deleted and made again before a delete", "claim freed without asking for its owner"),
    story("a write just before a put if match", "If-Match decided by an earlier read"),
    story("the same keyed request answered meanwhile", "record outside the transaction",
          "record not asked for before the claim"),
    story("the same key used for another body meanwhile", "key replayed for another body"),
    story("the same key of another caller", "key shared by all callers"),
    story("a key used again after a day", "record that never ends"),
    story("a put if match overtaken before the answer was known", "doubt answered as a refusal"),
    story("a keyed create cut off after any of its calls", "record outside the transaction",
          "user and claim in two steps"),
    story("a delete cut off after any of its calls", "user and claim in two steps"),
    story("a put overtaken before the answer was known", "single update repeated blindly",
          "overtaken write made again"),
    story("a put that arrives after its repetition", "lastWrite not asked for"),
    story("a replica that is behind", "read of a replica", "list of a replica"),
    story("an empty page that is not the last", "empty page taken for the last"),
    story("a cursor that was tampered with", "unsigned cursor"),
    story("a cursor secret made by two functions at once", "cursor secret of the faster function lost"),
    story("attempts end", "retried forever"),
    story("an outage is not multiplied", "retried without a budget"),
    story("too little time to begin", "started without time"),
    story("answers that never come", "deadline not handed on"),
]  # fmt: skip
