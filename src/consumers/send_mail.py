"""SendMailQueue - writes to users whose account or email has changed, and to operators whose webhook was disabled.

Twice is harmless: each letter has a record, and a letter with a record is not sent again (mail.outgoing).
"""

from __future__ import annotations

from consumers import wiring
from mail.letters import LINK_REQUESTED, WEBHOOK_DISABLED, letters
from mail.outgoing import NotSent, Unsettled
from users.events import SCHEMA_VERSIONS
from utils.consumer import queue_consumer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mail.letters import Find
    from mail.outgoing import Outgoing
    from utils.consumer import Event

# A replay of old events writes to nobody: what they say is no news.
OLDEST_SECONDS = 3 * 86_400.0
TYPES = {**SCHEMA_VERSIONS, LINK_REQUESTED: 1, WEBHOOK_DISABLED: 1}


def send_mail(event: Event, find: Find, operators: str, outgoing: Outgoing) -> None:
    """Send the letters that an event asks for."""
    failed: list[Exception] = []
    for letter in letters(event.type, event.detail, find, operators):
        try:
            outgoing.send(event.id, letter)
        except (NotSent, Unsettled) as error:  # the next letter does not wait
            failed.append(error)
    if failed:
        raise failed[0]


lambda_handler = queue_consumer(
    send_mail,
    TYPES,
    failures=wiring.failures,
    oldest=OLDEST_SECONDS,
    find=wiring.find_user,
    operators=wiring.operators,
    outgoing=wiring.outgoing,
)
