"""The composition root of the handlers of the audit trail. The five operations of users never load it."""

from __future__ import annotations

import wiring
from utils.config import setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from audit.entries import AuditReader
    from utils.deadline import Deadline


def entries(deadline: Deadline) -> AuditReader:
    """The entries to be read, reachable until the deadline."""
    from audit.entries import AuditReader
    from users.reading import available

    return AuditReader(available(wiring._call(deadline)), setting("AUDIT_TABLE"))
