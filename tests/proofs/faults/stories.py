"""Every story, by its name."""

from tests.proofs.faults import limits, lost_answers, meetings, reads, repetitions
from tests.proofs.faults.story import STORIES, tell

TOLD_IN = (meetings, lost_answers, repetitions, reads, limits)

__all__ = ["STORIES", "TOLD_IN", "tell"]
