"""SendMailQueue - writes to users whose account or email has changed.

Twice is harmless: each letter has a record, and a letter with a record is not sent again (mail.outgoing).
"""

from __future__ import annotations

from consumers import wiring
from mail.letters import letters
from mail.outgoing import InWork, NotSent, Uncertain
from users.events import SCHEMA_VERSIONS
from utils.consumer import Unprocessable, queue_consumer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mail.letters import Find
    from mail.outgoing import Outgoing
    from utils.consumer import Event

# A replay of old events writes to nobody: what they say is no news.
OLDEST_SECONDS = 3 * 86_400.0


def send_mail(event: Event, find: Find, outgoing: Outgoing) -> None:
    """Send the letters that an event asks for."""
    later: list[Exception] = []
    uncertain = False
    for letter in letters(event.type, event.detail, find):
        try:
            outgoing.send(event.id, letter)
        except Uncertain:  # the next letter does not wait
            uncertain = True
        except (InWork, NotSent) as error:
            later.append(error)
    if later:
        raise later[0]
    if uncertain:
        raise Unprocessable("a letter may have been sent; look for its record: docs/how-to/mail.md")


lambda_handler = queue_consumer(
    send_mail,
    SCHEMA_VERSIONS,
    failures=wiring.failures,
    oldest=OLDEST_SECONDS,
    find=wiring.find_user,
    outgoing=wiring.outgoing,
)
