"""When what cannot be emptied at once has forgotten a person: by the retention that the template sets."""

from __future__ import annotations

import json

from utils.timestamps import rfc3339

DAY = 86_400


def dates(days: str, now: float) -> str:
    """For each name the time by which it has forgotten everything until now, as JSON.

    A stack that lacks one of them has 0 days for it.
    """
    return json.dumps({name: rfc3339(now + kept * DAY) for name, kept in json.loads(days).items() if kept})
