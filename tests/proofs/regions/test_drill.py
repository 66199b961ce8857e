"""The whole of it on two Regions of the emulator: a planned failover under load, a lost Region, the repair.

Functions run in processes of their own. The pump replicates between them. The commands are those of operators.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dynamodb import transport
from dynamodb.client import Client
from dynamodb.errors import Unavailable
from operate.database import Call, scan
from operate.records.fingerprint import taken
from operate.regions.failover import Failover
from operate.regions.region import Region
from operate.regions.repair import Repair
from tests.proofs.figures import figures
from tests.proofs.regions.function import Functions
from tests.proofs.regions.pump import Pump, client
from tests.support.tables import create_table
from utils.deadline import Deadline

HOME, OTHER = "us-east-1", "eu-west-1"
USERS, KEYS = "DrillUsers", "DrillUserKeys"
STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
IN_FLIGHT = 1.0  # seconds that a request of this drill may take


class Drill:
    """Two Regions with replicated tables and running functions. `told` is what clients were told last of each user."""

    def __init__(self, emulator: Any) -> None:
        self.emulator = emulator
        for region in (HOME, OTHER):
            database = client(emulator, "dynamodb", region)
            create_table(database, USERS, "userId", StreamSpecification=STREAM)
            create_table(database, KEYS, "key", StreamSpecification=STREAM)
        self.pump = Pump(emulator, (HOME, OTHER), (USERS, KEYS))
        self.functions = {
            region: Functions(emulator.endpoint, region, role, USERS, KEYS)
            for region, role in ((HOME, "home"), (OTHER, "standby"))
        }
        self.told: dict[str, tuple[str, str]] = {}
        self.acknowledged = 0

    def close(self) -> None:
        """End the functions, and remove the tables."""
        for functions in self.functions.values():
            functions.kill()
        for region in (HOME, OTHER):
            for name in (USERS, KEYS):
                client(self.emulator, "dynamodb", region).delete_table(TableName=name)

    def call(self, region: str) -> Call:
        """DynamoDB in one Region, for the operator."""
        environ = {"AWS_REGION": region, "AWS_ENDPOINT_URL": self.emulator.endpoint}
        environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        connected = Client(transport.from_environment(environ))
        return lambda name, request: connected.call(name, request, Deadline(20))

    def region(self, name: str, *, answers: bool = True) -> Region:
        """One Region for the operator; one that is lost answers nothing."""

        def lost(_operation: str, _request: dict[str, Any]) -> dict[str, Any]:
            raise Unavailable("NoResponse")

        return Region(name, self.call(name) if answers else lost, USERS, KEYS, segments=1)

    def write(self, region: str, method: str, path: str, body: dict[str, Any]) -> str:
        """One request; the id of the user if it was acknowledged, else an empty text."""
        status, document = self.functions[region].send(method, path, body)
        if status not in (200, 201):
            return ""
        self.acknowledged += 1
        self.told[document["userId"]] = document["name"], document["email"]
        return str(document["userId"])

    def users(self, region: str) -> dict[str, tuple[str, str]]:
        """The users in one Region."""
        items = scan(self.call(region), USERS)
        return {it["userId"]["S"]: (it["name"]["S"], it["email"]["S"]) for it in items}

    def level(self) -> None:
        """Wait until both Regions have the same items."""
        until(
            "the Regions are level",
            lambda: self.pump.behind == 0 and self.region(HOME).content() == self.region(OTHER).content(),
        )


def until(what: str, holds: Callable[[], bool]) -> None:
    """Wait until it holds, for 30 s at most."""
    last = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < last, f"waited in vain until {what}"
        time.sleep(0.05)


@pytest.fixture
def drill(emulator) -> Iterator[Drill]:
    made = Drill(emulator)
    with made.pump:
        yield made
    made.close()


class Load:
    """Clients that create users while the writes move: each request goes to the Region that took the last one."""

    def __init__(self, drill: Drill) -> None:
        self._drill = drill
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.refused = 0

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(30)

    def write(self, more: int) -> None:
        """Wait until this many more writes are acknowledged."""
        wanted = self._drill.acknowledged + more
        until("the clients can write", lambda: self._drill.acknowledged >= wanted)

    def _run(self) -> None:
        regions, number = [HOME, OTHER], 0
        while not self._end.is_set():
            number += 1
            body = {"name": f"Load {number}", "email": f"load{number}@example.com"}
            if not self._drill.write(regions[0], "POST", "/users", body):
                self.refused += 1
                regions.reverse()


def test_a_planned_failover_under_load_loses_nothing_and_a_lost_region_is_mended(drill: Drill) -> None:
    with Load(drill) as load:
        load.write(2)
        Failover(drill.region(HOME), drill.region(OTHER), say=print, pause=lambda _: time.sleep(IN_FLIGHT)).promote()
        load.write(2)
    assert load.refused
    assert not drill.write(HOME, "POST", "/users", {"name": "Late", "email": "late@example.com"})
    drill.level()
    assert drill.users(HOME) == drill.users(OTHER) == drill.told
    assert taken(drill.call(OTHER), USERS, KEYS).agrees
    planned = drill.acknowledged

    lost = lose_and_return(drill)

    parked = mend(drill)
    drill.level()
    found = drill.users(HOME)
    assert found == drill.users(OTHER)
    assert taken(drill.call(HOME), USERS, KEYS).agrees
    emails = [email.lower() for _, email in found.values()]
    missing = {user for user, told in drill.told.items() if user not in parked and found.get(user) != told}
    figures(
        "drills",
        1,
        acknowledged=drill.acknowledged,
        in_the_planned_failover=planned,
        replicated=drill.pump.replicated,
        lost_and_listed=len(lost),
        parked=len(parked),
        lost_unseen=len(missing),
        duplicates=len(emails) - len(set(emails)),
    )
    assert (len(emails), missing, len(parked)) == (len(set(emails)), set(), 5)
    assert lost == {"before the loss 0", "before the loss 1"}


def lose_and_return(drill: Drill) -> set[str]:
    """The new home Region is lost with ten writes, the other one takes over, and it is back; the names that are lost.

    Five of the ten took an email that is given again, two changed a user who is changed again, and three come back.
    """
    both = sorted(drill.told)[:2]
    drill.pump.cut = True
    for number in range(8):
        assert drill.write(OTHER, "POST", "/users", {"name": "Apart", "email": f"apart{number}@example.com"})
    for number, user in enumerate(both):
        assert drill.write(OTHER, "PUT", f"/users/{user}", {"name": f"before the loss {number}"})
    time.sleep(0.5)  # the pump has seen them, and so they are older than what follows
    drill.functions[OTHER].kill()
    Failover(drill.region(OTHER, answers=False), drill.region(HOME), say=print).promote(OTHER)
    lost = set()
    for number in range(5):
        assert drill.write(HOME, "POST", "/users", {"name": "Again", "email": f"APART{number}@example.com"})
    for number, user in enumerate(both):
        lost.add(drill.told[user][0])
        assert drill.write(HOME, "PUT", f"/users/{user}", {"name": f"after the loss {number}"})
    drill.functions[OTHER] = Functions(drill.emulator.endpoint, OTHER, "standby", USERS, KEYS)
    drill.pump.cut = False
    drill.level()
    assert drill.region(OTHER).home() == HOME
    assert not drill.write(OTHER, "POST", "/users", {"name": "Late", "email": "late@example.com"})
    return lost


def mend(drill: Drill) -> set[str]:
    """The repair in the home Region, and once more; the users that it parks and lists."""
    first, second = (Repair(drill.call(HOME), USERS, KEYS, write=True) for _ in range(2))
    first.run()
    second.run()
    assert not second.counts
    return {younger.user_id for younger, _ in first.parked}
