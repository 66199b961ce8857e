"""RecordAuditQueue - writes who changed which user, and when, into the audit trail.

Twice is harmless: the trail has one entry for each event id, and the database decides.
"""

from __future__ import annotations

from consumers import wiring
from users.events import SCHEMA_VERSIONS
from utils.consumer import queue_consumer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from audit.trail import AuditTrail
    from utils.consumer import Event


def record_audit(event: Event, trail: AuditTrail) -> None:
    """Append one entry. The trail has ids and names of fields, and no email."""
    trail.append(event.type, event.detail)


lambda_handler = queue_consumer(record_audit, SCHEMA_VERSIONS, failures=wiring.failures, trail=wiring.trail)
