"""Failovers and repairs that were made wrong, each with the kind of schedule that must show it."""

from __future__ import annotations

from operate.regions import mending
from operate.regions.failover import IN_FLIGHT_SECONDS, Failover
from operate.regions.mending import Holder
from operate.regions.repair import Repair
from tests.proofs.regions.schedules import LOST, PLANNED, SPLIT, Parts
from tests.proofs.regions.world import Item, Stamp


class WithoutFence(Failover):
    """Lets the old home Region go on."""

    def fence(self) -> None:
        """Nothing."""

    def hand_over(self) -> None:
        """Without the condition that nobody is home, which would stop it."""
        self._to.insist_on_home(self._to.name)


class WithoutPause(Failover):
    """Does not wait for requests that have passed the check."""

    def drain(self) -> None:
        """Compare the items at once."""
        self._wait("", self.level)


class WithoutDrain(Failover):
    """Hands over before all items are there."""

    def drain(self) -> None:
        """Wait for requests only."""
        self._pause(0)

    def hand_over(self) -> None:
        """Without the condition that the fence has arrived, which would stop it."""
        self._to.insist_on_home(self._to.name)


class Hasty(Failover):
    """Does not wait for versions on their way that leave the items as they are, such as those of a deleted user."""

    def drain(self) -> None:
        """Wait for requests, and compare the items."""
        self._pause(IN_FLIGHT_SECONDS)
        self._wait("", self.level)


class ForgottenHandOver(Failover):
    """Never names the new home Region."""

    def hand_over(self) -> None:
        """Nothing."""


class KeepsOrphans(Repair):
    """Leaves claims without a user."""

    def _claim(self, claim: Item) -> None:
        """Nothing."""


class Hurried(Repair):
    """Parks a user without the claim of its new address."""

    def _park(self, user: Item) -> dict[str, Item]:
        """The change of the user alone."""
        return {"parked": super()._park(user)["parked"]}


def younger_keeps(user: Holder, claimed_by: str | None, owner: Holder | None) -> str:
    """The rules, with the younger user in the place of the older one."""
    verdict = mending.of_user(user, claimed_by, owner)
    return {mending.PARK: mending.PARK_OWNER, mending.PARK_OWNER: mending.PARK}.get(verdict, verdict)


def whoever_claims(user: Holder, claimed_by: str | None, owner: Holder | None) -> str:
    """The rules, with the owner of the claim in the place of the older one."""
    verdict = mending.of_user(user, claimed_by, owner)
    return mending.PARK if verdict == mending.PARK_OWNER else verdict


def no_new_claims(user: Holder, claimed_by: str | None, owner: Holder | None) -> str:
    """The rules without the claims that are missing."""
    verdict = mending.of_user(user, claimed_by, owner)
    return mending.NOTHING if verdict == mending.CLAIM else verdict


def trusts_claims(user: Holder, claimed_by: str | None, owner: Holder | None) -> str:
    """The rules without claims that name somebody who has another email."""
    verdict = mending.of_user(user, claimed_by, owner)
    return mending.NOTHING if verdict == mending.TAKE_OVER else verdict


def first_writer(new: Stamp, old: Stamp) -> bool:
    """Replication in which the first version stays: not what DynamoDB does, and a proof of the judge."""
    return old == (0, "")


WRONG: dict[str, tuple[str, Parts]] = {
    "no fence": (PLANNED, Parts(failover=WithoutFence)),
    "no pause for requests in flight": (PLANNED, Parts(failover=WithoutPause)),
    "no drain": (PLANNED, Parts(failover=WithoutDrain)),
    "no new home Region": (PLANNED, Parts(failover=ForgottenHandOver)),
    "no repair after a loss": (LOST, Parts(repair=None)),
    "no repair after both wrote": (SPLIT, Parts(repair=None)),
    "a repair before both are level": (SPLIT, Parts(level_first=False)),
    "claims without a user stay": (LOST, Parts(repair=KeepsOrphans)),
    "parked without a claim": (SPLIT, Parts(repair=Hurried)),
    "the younger user keeps the email": (SPLIT, Parts(decide=younger_keeps)),
    "whoever has the claim keeps the email": (SPLIT, Parts(decide=whoever_claims)),
    "missing claims stay missing": (SPLIT, Parts(decide=no_new_claims)),
    "wrong claims stay": (SPLIT, Parts(decide=trusts_claims)),
    "the first writer wins": (SPLIT, Parts(wins=first_writer)),
}
