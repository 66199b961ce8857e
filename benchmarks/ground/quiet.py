"""Whether the machine was quiet enough for times."""

from __future__ import annotations

BUSY = 0.7  # the load above which times are said to be only indicative
