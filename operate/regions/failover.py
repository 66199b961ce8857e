"""Move the writes of a service with two Regions to the other Region.

    python -m operate failover check   --home REGION --to REGION --users USERS --keys KEYS
    python -m operate failover promote --home REGION --to REGION --users USERS --keys KEYS [--accept-loss REGION]
                                       [--write --bus BUS]

`check` shows which Region each of the two takes for home, and whether both have the same items. `promote` ends the
writes in --home, waits for the requests in flight and until both Regions have the same items, and then lets --to take
writes. Nothing is lost. With --accept-loss, which repeats the name of the lost Region, it does not wait: writes that
were not replicated are lost, or come back with that Region. Then `repair` fixes what they have left.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from dynamodb.errors import ConditionalCheckFailed, DynamoDBError
from operate import acts, database
from operate.database import Call
from operate.regions.region import Region
from operate.waiting import wait
from regions.home import NOBODY

CHANGES = "the item that names the home Region, with --write"
# A request that passed the check before the writes ended may write until its function's time is over, 10 seconds.
IN_FLIGHT_SECONDS = 15.0
# A user that was created and deleted is in neither Region, while both versions may still be on their way. The first to
# arrive would bring the user back for a moment. DynamoDB usually takes one or two seconds.
ON_THE_WAY_SECONDS = 20.0
CHECK, PROMOTE = "check", "promote"


class NotMoved(Exception):
    """The writes were not moved; the text says why, and what to do."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("action", choices=(CHECK, PROMOTE))
    parser.add_argument("--home", required=True, metavar="REGION", help="the Region that takes writes now")
    parser.add_argument("--to", required=True, metavar="REGION", help="the Region that is to take them")
    parser.add_argument("--users", required=True, help="the UsersTable, which has one name in both Regions")
    parser.add_argument("--keys", required=True, help="the UserKeysTable, which has one name in both Regions")
    parser.add_argument(
        "--accept-loss", metavar="REGION", default="", help="do not wait for this lost Region: --home again"
    )
    acts.add_write(parser)


def run(_call: Call, options: argparse.Namespace) -> int:
    """Check, or move the writes; 1 if they are not where they are to be, or the Regions differ."""
    home, to = (
        Region(name, database.connect(name), options.users, options.keys) for name in (options.home, options.to)
    )
    failover = Failover(home, to)
    if options.action == CHECK or not options.write:
        return failover.check()
    failover.promote(options.accept_loss)
    return 0


class Failover:
    """Moves the writes from `home` to another Region. Each step can be done again."""

    def __init__(
        self,
        home: Region,
        to: Region,
        *,
        say: Callable[[str], None] = print,
        pause: Callable[[float], None] = time.sleep,
        wait: Callable[[str, Callable[[], bool]], object] = wait,
    ) -> None:
        if home.name == to.name:
            raise NotMoved(f"{to.name} cannot take over from itself")
        self._home, self._to = home, to
        self._say, self._pause, self._wait = say, pause, wait

    def check(self) -> int:
        """Show both Regions; 1 if their items differ."""
        for region in (self._home, self._to):
            self._say(f"{region.name}: the home Region is {region.home() or 'the one whose RegionRole is home'}")
        level = self.level()
        self._say("both have the same items" if level else "their items differ; writes go on, or replication is behind")
        return 0 if level else 1

    def promote(self, accept_loss: str = "") -> None:
        """Do all steps. Raises NotMoved."""
        if accept_loss not in ("", self._home.name):
            raise NotMoved(f"--accept-loss names {accept_loss}, but the Region to give up is {self._home.name}")
        if accept_loss:
            self.take_over()
            return
        began = time.monotonic()
        self.fence()
        self.drain()
        self.hand_over()
        self._say(f"{self._to.name} takes writes; nobody could write for {time.monotonic() - began:.0f} s")

    def fence(self) -> None:
        """End the writes in the home Region. Raises NotMoved."""
        try:
            self._home.name_home(NOBODY, self._home.name, NOBODY)
        except ConditionalCheckFailed:
            raise NotMoved(f"{self._home.name} is not home: it takes {self._home.home()} for home") from None
        self._say(f"{self._home.name} takes no writes")

    def drain(self) -> None:
        """Wait for the requests in flight, until both Regions have the same items, and for versions on their way."""
        self._pause(IN_FLIGHT_SECONDS)
        self._wait(f"{self._to.name} has not all items yet", self.level)
        self._pause(ON_THE_WAY_SECONDS)
        self._wait(f"{self._to.name} has not all items yet", self.level)
        self._say("both have the same items")

    def hand_over(self) -> None:
        """Let the other Region take writes, if nobody does. Raises NotMoved."""
        try:
            self._to.name_home(self._to.name, NOBODY, self._to.name)
        except ConditionalCheckFailed:
            raise NotMoved(f"{self._to.home()} was named home meanwhile") from None

    def take_over(self) -> None:
        """Let the other Region take writes, and give up what it has not got. Raises NotMoved.

        A lost Region that answers is fenced first. One that does not answer is not asked to write: a request that took
        effect late would be the last writer, and would end the writes in both Regions.
        """
        if self.answers():
            self.fence()
        else:
            self._say(f"{self._home.name} does not answer; it may still take writes from clients that reach it")
        self._to.insist_on_home(self._to.name)
        self._say(f"{self._to.name} takes writes; run `repair` there when {self._home.name} is back and both are level")

    def answers(self) -> bool:
        """Whether the home Region can be asked."""
        try:
            self._home.home()
        except DynamoDBError:
            return False
        return True

    def level(self) -> bool:
        """Whether both Regions have the same items."""
        return self._home.content() == self._to.content()
