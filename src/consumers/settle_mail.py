"""SettleMailQueue - records what SES reports of letters: sent, bounced, or reported as unwanted.

Twice is harmless: a record that is `sent` stays so, and an address that is suppressed is suppressed again.
"""

from __future__ import annotations

from consumers import wiring
from mail.outcomes import BOUNCED, COMPLAINT, FOR_GOOD, SENT_EVENT, detail_of
from utils.consumer import Event, queue_consumer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from mail.outcomes import Outcomes


def settle_mail(event: Event, outcomes: Outcomes) -> None:
    """Record one report. Each says that the letter was sent. Other bounces suppress nothing: SES tries again."""
    letter, address = event.detail["letter"], event.detail["address"]
    outcomes.sent(letter)
    if event.type == COMPLAINT or event.detail["bounce"] == FOR_GOOD:
        outcomes.suppress(address, event.type, letter)


def reported(envelope: Mapping[str, Any]) -> Event:
    """The event in the envelope of a report of SES. Raises as `detail_of` does."""
    return Event(envelope["detail-type"], detail_of(envelope))


lambda_handler = queue_consumer(
    settle_mail,
    {SENT_EVENT: 1, BOUNCED: 1, COMPLAINT: 1},
    failures=wiring.failures,
    read=reported,
    outcomes=wiring.outcomes,
)
