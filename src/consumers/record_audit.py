"""RecordAuditQueue - writes who changed which user, or administered the stack, and when, into the audit trail.

Twice is harmless: the trail has one entry for each event id, and the database decides.
"""

from __future__ import annotations

from audit.form import ACTS
from audit.trail import ForgedHead
from consumers import wiring
from users.events import ERASED, ERASED_VERSION, SCHEMA_VERSIONS
from utils.consumer import Unprocessable, queue_consumer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from audit.trail import AuditTrail
    from utils.consumer import Event


def record_audit(event: Event, trail: AuditTrail) -> None:
    """Append one entry. The trail has ids and names of fields, and no email."""
    try:
        trail.append(event.type, event.detail)
    except ForgedHead:
        raise Unprocessable("the head of this user's trail is forged; run python -m operate audit verify") from None


VERSIONS = {**SCHEMA_VERSIONS, ERASED: ERASED_VERSION, **ACTS}
lambda_handler = queue_consumer(record_audit, VERSIONS, failures=wiring.failures, trail=wiring.trail)
