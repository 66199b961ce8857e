"""The composition root of the administration of users."""

from __future__ import annotations

import guard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from users.administration import Administration
    from utils.deadline import Deadline


def users(deadline: Deadline) -> Administration:
    """The users as administrators see them, reachable until the deadline."""
    from users.administration import Administration

    return guard.repository(Administration, deadline)
