"""The streams of Mail and Webhooks - queue a letter for each request of a link and each webhook that disabled itself.

A record that comes twice queues a second message. Both have the same id, and a letter of one id is sent once.
"""

from __future__ import annotations

from consumers import wiring
from mail.letters import LINK_REQUESTED, WEBHOOK_DISABLED
from utils.consumer import stream_consumer
from verification.renewals import renewal_in
from webhooks.notices import notice_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from adapters.event_queue import EventQueue

READ = ((LINK_REQUESTED, renewal_in), (WEBHOOK_DISABLED, notice_in))


def queue_mail(records: Sequence[Any], queue: EventQueue) -> str | None:
    """Send the messages in order. It raises at the first failure, and Lambda repeats the batch; otherwise None."""
    for record in records:
        for type_, content_in in READ:
            detail = content_in(record)
            if detail:
                queue.put(type_, detail)
    return None


lambda_handler = stream_consumer(queue_mail, queue=wiring.mail_queue)
