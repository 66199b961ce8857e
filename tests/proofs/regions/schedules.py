"""Random schedules: clients, replication, a failover of one kind, and the repair; and what must hold at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from operate.regions import mending
from operate.regions.failover import ON_THE_WAY_SECONDS, Failover
from operate.regions.repair import Decide, Repair
from regions.errors import NotHome
from tests.proofs.regions.world import HOME, KEYS, OTHER, USERS, Item, Wins, World, last_writer
from users.email_address import canonical
from users.errors import EmailInUse, UserNotFound
from users.model import Changes
from users.refusals import BrokenClaim
from utils.errors import ServiceUnavailable
from utils.preconditions import Precondition
from utils.response import Response

PLANNED, LOST, SPLIT = "planned", "lost", "split"
KINDS = (PLANNED, LOST, SPLIT)
EMAILS = ("ada@x.co", "ADA@x.co", "bob@x.co", "eve@x.co")
DONE = Response(201, "", {})
NO_CONDITION = Precondition()
Write = Callable[[], None]


@dataclass(frozen=True)
class Parts:
    """What a schedule runs: the right parts, or some that were made wrong."""

    failover: type[Failover] = Failover
    repair: type[Repair] | None = Repair
    decide: Decide = mending.of_user
    wins: Wins = last_writer
    level_first: bool = True  # whether the repair waits until both Regions are level


@dataclass
class Outcome:
    """What was found. A schedule without violations kept every promise."""

    violations: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


class Schedule:
    """One schedule. `truth` is what clients were told last of each user; `apart` are those written apart."""

    def __init__(self, seed: int, kind: str, parts: Parts) -> None:
        self.world = World(seed, parts.wins)
        self.random, self.kind, self.parts = self.world.random, kind, parts
        self.users = {name: self.world.users(name) for name in (HOME, OTHER)}
        self.gates = {name: self.world.gate(name) for name in (HOME, OTHER)}
        self.half_done: list[Write] = []
        self.truth: dict[str, tuple[str, str] | None] = {}
        self.apart: set[str] = set()
        self.parked: list[tuple[mending.Holder, mending.Holder]] = []
        self.over = False  # whether the home Region has been given up
        self.outcome = Outcome()

    def run(self) -> Outcome:
        """All of it."""
        self.some_steps(8, HOME, OTHER)
        failover = self.parts.failover(
            self.world.region(HOME),
            self.world.region(OTHER),
            say=lambda line: None,
            pause=self.pause,
            wait=lambda what, ready: self.until(ready),
        )
        if self.kind == PLANNED:
            failover.promote()
        else:
            self.lose(failover)
        self.some_steps(24 if self.kind == SPLIT else 8, HOME, OTHER)
        self.finish()
        self.world.cut = self.world.deaf = False
        if self.parts.level_first:
            self.some_steps(3, HOME, OTHER)
            self.level()
            self.finish()
            self.level()
        self.mend()
        self.level()
        self.judge()
        return self.outcome

    def lose(self, failover: Failover) -> None:
        """The home Region is lost with what it has not replicated. With SPLIT, clients still reach it."""
        self.world.cut = self.world.deaf = True
        if self.kind == LOST:
            self.gates[HOME] = Shut()  # type: ignore[assignment]
        self.some_steps(4, HOME)
        failover.promote(HOME)
        self.over = True
        self.apart |= {message.key for message in self.world.messages if message.table == USERS}
        self.outcome.counts["not replicated"] += len(self.world.messages)

    def some_steps(self, most: int, *regions: str) -> None:
        """Clients of these Regions, and replication."""
        for _ in range(self.random.randint(1, most)):
            self.step(*regions)

    def step(self, *regions: str) -> None:
        """A message arrives, a request begins, or one that began ends."""
        choice = self.random.random()
        if choice < 0.35 and not self.world.cut:
            self.world.deliver()
        elif choice < 0.7 or not self.half_done:
            self.begin(self.random.choice(regions))
        else:
            self.half_done.pop(self.random.randrange(len(self.half_done)))()
        if self.kind == PLANNED and self.gates[HOME].is_here() and self.gates[OTHER].is_here():
            self.violation("two Regions take writes")

    def begin(self, region: str) -> None:
        """A request passes the check of its Region, or is refused."""
        try:
            self.gates[region].check()
        except NotHome:
            self.outcome.counts["refused"] += 1
            return
        self.half_done.append(lambda: self.write(region))

    def finish(self) -> None:
        """All requests that have begun end."""
        while self.half_done:
            self.half_done.pop(self.random.randrange(len(self.half_done)))()

    def pause(self, seconds: float) -> None:
        """Requests in flight end. No version is on its way for longer than ON_THE_WAY_SECONDS."""
        self.finish()
        if seconds >= ON_THE_WAY_SECONDS:
            self.level()

    def write(self, region: str) -> None:
        """One request writes, and its client is told."""
        users = self.users[region]
        known = list(self.world.replicas[region].items(USERS))
        email, name = self.random.choice(EMAILS), f"name {self.world.number()}"
        kind = self.random.choice(("create", "email", "name", "delete")) if known else "create"
        user_id = self.random.choice(known) if known else ""
        try:
            if kind == "create":
                user_id = self.created(region, {"name": name, "email": email})
            elif kind == "delete":
                users.delete(user_id, NO_CONDITION)
            else:
                users.update(user_id, changes(kind, email if kind == "email" else name), NO_CONDITION)
        except (EmailInUse, UserNotFound, ServiceUnavailable, BrokenClaim):
            return  # nothing was written; claims may be broken until the repair
        self.outcome.counts["acknowledged"] += 1
        self.truth[user_id] = shown(self.world.replicas[region].items(USERS).get(user_id))
        if region == HOME and self.over:
            self.apart.add(user_id)

    def created(self, region: str, members: dict[str, Any]) -> str:
        """Create a user; its id."""
        made: list[str] = []

        def answer(user: Any) -> Response:
            made.append(user["userId"])
            return DONE

        self.users[region].create(members, answer)
        return made[-1]

    def until(self, ready: Callable[[], bool]) -> None:
        """Let things happen until it is ready."""
        for _ in range(10_000):
            if ready():
                return
            if not self.world.deliver():
                self.step(HOME, OTHER)
        self.violation("it is never ready")

    def level(self) -> None:
        """All messages arrive."""
        while self.world.deliver():
            pass

    def mend(self) -> None:
        """The repair in the new home Region: in half of the schedules while clients write. Then alone, twice."""
        if not self.parts.repair:
            return
        for busy in (True, False, False) if self.random.random() < 0.5 else (False, False):
            repair = self.parts.repair(
                self.meanwhile if busy else self.world.operators_call(OTHER),
                USERS,
                KEYS,
                write=True,
                say=lambda line: None,
                decide=self.parts.decide,
                new_token=lambda: f"repair-{self.world.number()}",
                pause=lambda attempt: None,
            )
            repair.run()
            self.parked += repair.parked
            self.outcome.counts["parked"] += len(repair.parked)
        if repair.counts:
            self.violation(f"a repair done again still mends: {dict(repair.counts)}")

    def meanwhile(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """A call of the repair, with a client before it now and then."""
        if self.random.random() < 0.1:
            self.begin(OTHER)
            self.finish()
        return self.world.operators_call(OTHER)(operation, request)

    def judge(self) -> None:
        """What must hold at the end."""
        users, keys = (self.world.replicas[OTHER].items(table) for table in (USERS, KEYS))
        if not self.world.same():
            self.violation("the Regions have different items")
        if [self.gates[OTHER].is_here(), self.world.gate(HOME).is_here()] != [True, False]:
            self.violation("the new home Region is not the only one")
        owners = {key.removeprefix("email#"): it["userId"]["S"] for key, it in keys.items() if key.startswith("email#")}
        emails = Counter(canonical(user["email"]["S"]) for user in users.values())
        for email, count in emails.items():
            if count > 1:
                self.violation(f"{count} users have {email}")
        if owners != {canonical(user["email"]["S"]): user_id for user_id, user in users.items()}:
            self.violation("users and claims disagree")
        for younger, older in self.parked:
            if not older < younger:
                self.violation("a younger user keeps an email")
        self.judge_writes(users)

    def judge_writes(self, users: dict[str, Item]) -> None:
        """What clients were told is there, except of users that were written apart, or parked and listed."""
        listed = {younger.user_id for younger, _ in self.parked}
        for user_id, told in self.truth.items():
            if user_id not in self.apart | listed and shown(users.get(user_id)) != told:
                self.violation(f"a write was acknowledged and is lost, and nobody lists it: {user_id}")
        if self.kind == PLANNED and (listed or self.apart):
            self.violation("a planned failover left something to repair")

    def violation(self, text: str) -> None:
        """Note what must not be."""
        self.outcome.violations.append(f"{self.kind}: {text}")


class Shut:
    """The check of a Region that no client reaches."""

    def check(self) -> None:
        """Refuses everybody."""
        raise NotHome

    def is_here(self) -> bool:
        """Nobody can tell."""
        return False


def changes(field_: str, value: str) -> Changes:
    """The changes of a request that sets one field."""
    return Changes({field_: value})


def shown(item: Item | None) -> tuple[str, str] | None:
    """What a client sees of a user; None of one that is not there."""
    return (item["name"]["S"], canonical(item["email"]["S"])) if item else None
