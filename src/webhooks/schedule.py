"""When a delivery is tried again, and when a webhook is given up."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# Seconds before the second attempt, the third and so on: about 28 hours in all.
WAITS = (5, 60, 300, 1800, 7200, 18000, 36000, 36000)
# A webhook whose deliveries have failed for so long is disabled.
GIVE_UP_SECONDS = 3 * 24 * 60 * 60
# No attempt lasts longer. While one is made for a webhook that fails, its other deliveries wait.
ATTEMPT_SECONDS = 10
MOST_SECONDS_BEHIND = 60
# A webhook with a response that took so long is slow for a while. It gets some attempts at once, out of 50 for all.
SLOW_MILLISECONDS = 1000
SLOW_SECONDS = 60
SLOW_AT_ONCE = 10


def behind(random: Callable[[], float]) -> int:
    """Seconds that a delivery waits behind others of a webhook that fails or is slow."""
    return ATTEMPT_SECONDS + int(random() * (MOST_SECONDS_BEHIND - ATTEMPT_SECONDS))


def wait(tries: int, random: Callable[[], float]) -> int | None:
    """Seconds to wait after so many attempts, with up to a fifth more at random; None after the last attempt."""
    if tries > len(WAITS):
        return None
    return int(WAITS[tries - 1] * (1 + random() / 5))
