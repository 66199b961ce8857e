"""Practise a disaster: make users, damage them, restore them, put them back, and measure how long that takes.

    python -m operate drill --api URL --users USERS --keys KEYS [--count N] [--state FILE] [--keep] [--write --bus BUS]

Use a separate stack: the drill starts only with an empty table of users, and ends with one. API_KEY in the
environment is the API key. The drill fails if the restored tables differ from what they were, or if the API does not
work on what was put back. It also fails if it takes longer than an hour, or loses more than five minutes. With
--state, run an interrupted drill again: it goes on. --keep leaves the restored tables.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dynamodb.errors import DynamoDBError
from operate import database
from operate.database import Call
from operate.records import fingerprint
from operate.records.fingerprint import CLAIM
from operate.recovery import put_back
from operate.recovery.drill_api import Api, ApiFailed, use
from operate.recovery.restore import NO_TABLE, Restore, found_table, latest, shown, write
from operate.waiting import wait

CHANGES = "a separate stack: makes, damages, restores and removes users, with --write"
COUNT = 100
QUIET_SECONDS = 2
RTO_GOAL, RPO_GOAL = 3600.0, 300.0  # seconds
DAMAGED = 3  # one of so many users is changed, one deleted, and one overwritten past the API
OVERWRITTEN = 2


class NotADrillStack(Exception):
    """The tables have users that no drill has made."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--api", required=True, metavar="URL", help="the stack's ApiEndpoint, without /users")
    parser.add_argument("--count", type=int, default=COUNT, help=f"users to make (default {COUNT})")
    quiet = f"seconds without writes around the restored one, because clocks differ (default {QUIET_SECONDS})"
    parser.add_argument("--quiet", type=int, default=QUIET_SECONDS, help=quiet)
    parser.add_argument("--state", metavar="FILE", help="remembers what is done, for an interrupted drill")
    parser.add_argument("--keep", action="store_true", help="keep the restored tables")
    database.add_options(parser)


def run(call: Call, options: argparse.Namespace) -> int:
    """Do what is left of a drill; how many differences it found."""
    if not options.write:
        print(f"would make {options.count} users, damage them, restore {options.users} and {options.keys}")
        return 0
    drill = Drill(call, options)
    drill.run()
    return len(drill.state["differences"])


class Drill:
    """One drill. Each step can be done again; `state` says which are done."""

    def __init__(self, call: Call, options: argparse.Namespace) -> None:
        self._call, self._options = call, options
        self._tables = (options.users, options.keys)
        self._api = Api(options.api, os.environ.get("API_KEY", ""))
        self._file = Path(options.state) if options.state else None
        found = self._file and self._file.exists() and json.loads(self._file.read_text())
        self.state: dict[str, Any] = found or {"id": uuid.uuid4().hex[:12], "done": [], "differences": []}

    def run(self) -> None:
        """Do the steps that are not done. Raises NotADrillStack, NotRestorable, ApiFailed."""
        if not self.state["done"] and "begun" not in self.state and self._has_users():
            raise NotADrillStack(f"{self._options.users} has users: a drill needs an empty stack")
        self._remember(begun=self.state.get("begun", time.time()))
        for name, step in self._steps().items():
            if name not in self.state["done"]:
                print(f"{name} ...", flush=True)
                step()
                self._remember(done=[*self.state["done"], name])
        self._report()
        if self._file:
            self._file.unlink(missing_ok=True)

    def _steps(self) -> dict[str, Callable[[], None]]:
        return {
            "make users": self._make,
            "remember them": self._mark,
            "damage them": self._damage,
            "restore": self._restore,
            "compare": self._compare,
            "put back": self._put_back,
            "use the API": self._use,
            "clean up": self._clean,
        }

    def _remember(self, **values: Any) -> None:
        self.state |= values
        if self._file:
            write(self._file, self.state)

    def _differs(self, what: str) -> None:
        print(f"DIFFERENT: {what}")
        self._remember(differences=[*self.state["differences"], what])

    def _has_users(self) -> bool:
        return bool(self._call("Scan", {"TableName": self._options.users, "Limit": 1, "ConsistentRead": True})["Items"])

    def _make(self) -> None:
        for number in range(self._options.count):
            mark = f"drill-{self.state['id']}-{number}"
            self._api.create(f"Drill {number}", f"{mark}@example.com", mark)

    def _mark(self) -> None:
        """A second in the middle of a silence, and what the tables have then."""
        moment = math.ceil(time.time()) + self._options.quiet
        wait("silence", lambda: time.time() > moment + self._options.quiet)
        found = self._fingerprint(*self._tables)
        if not found["agree"]:
            self._differs("users and claims disagree before any damage")
        self._remember(moment=moment, fingerprint=found)

    def _damage(self) -> None:
        """Through the API and past it. A killed run may have damaged some already; this one damages them again."""
        chance = random.Random(self.state["id"])  # noqa: S311 - the same damage, if it is done again
        items = list(database.scan(self._call, self._options.users))
        self._remember(damaged=self.state.get("damaged", time.time()))
        for number, user in enumerate(items):
            whole = "email" in user  # the API answers 500 for one that a killed run has overwritten
            self._damage_user(number % DAMAGED if whole else OVERWRITTEN, user["userId"]["S"], chance)
        for number in range(math.ceil(len(items) / DAMAGED)):
            mark = f"drill-{self.state['id']}-after-{number}"
            self._api.create("After", f"{mark}@example.com", mark)
        claims = [key for key in database.scan(self._call, self._options.keys) if key["key"]["S"].startswith(CLAIM)]
        for claim in claims[: math.ceil(len(claims) / DAMAGED)]:
            self._call("DeleteItem", {"TableName": self._options.keys, "Key": {"key": claim["key"]}})
        if self._fingerprint(*self._tables) == self.state["fingerprint"]:
            self._differs("the damage did nothing")
        self._remember(noticed=time.time())

    def _damage_user(self, how: int, user_id: str, chance: random.Random) -> None:
        path = f"/users/{user_id}"
        match how:
            case 0:
                email = f"drill-{self.state['id']}-{chance.randrange(10**9)}@example.com"
                self._api.expect({200, 404, 409}, "PUT", path, {"name": "Damaged", "email": email})
            case 1:
                self._api.expect({200, 404}, "DELETE", path)
            case _:  # OVERWRITTEN
                item = {"userId": {"S": user_id}, "name": {"S": "Overwritten"}}
                self._call("PutItem", {"TableName": self._options.users, "Item": item})

    def _fingerprint(self, users: str, keys: str) -> dict[str, Any]:
        return fingerprint.taken(self._call, users, keys).shown()

    @property
    def _restored(self) -> Restore:
        return Restore(self._call, self._tables, self.state["moment"])

    def _restore(self) -> None:
        age = time.time() - latest(self._call, self._tables)
        self._remember(age=self.state.get("age", age))
        self._restored.run()

    def _compare(self) -> None:
        found = self._fingerprint(*self._restored.targets)
        if found != self.state["fingerprint"]:
            self._differs(f"the restored tables: {found}, before: {self.state['fingerprint']}")

    def _put_back(self) -> None:
        users, keys = self._restored.targets
        options = {"from_users": users, "from_keys": keys, "remove_new": True, "write": True}
        if put_back.run(self._call, argparse.Namespace(**{**vars(self._options), **options})):
            self._differs("the tables after they were put back")

    def _use(self) -> None:
        try:
            use(self._api, f"drill-{self.state['id']}-{uuid.uuid4().hex[:8]}")
        except ApiFailed as error:
            self._differs(str(error))
        self._remember(used=time.time())

    def _clean(self) -> None:
        """Remove the users through the API, and what is left if the drill has failed past it."""
        users, keys = self._tables
        for user in list(database.scan(self._call, users)):
            self._api.expect({200, 404}, "DELETE", f"/users/{user['userId']['S']}")
        for table, key, beginning in ((users, "userId", ""), (keys, "key", f"{CLAIM}drill-{self.state['id']}-")):
            for item in list(database.scan(self._call, table)):
                if item[key]["S"].startswith(beginning):
                    self._call("DeleteItem", {"TableName": table, "Key": {key: item[key]}})
        for table in () if self._options.keep else self._restored.targets:
            self._delete(table)

    def _delete(self, table: str) -> None:
        """Delete a restored table, which is protected if the table it comes from is."""
        if found_table(self._call, table).get("DeletionProtectionEnabled"):
            self._call("UpdateTable", {"TableName": table, "DeletionProtectionEnabled": False})
        wait(f"{table} cannot be deleted yet", lambda: self._deleted(table))

    def _deleted(self, table: str) -> bool:
        try:
            self._call("DeleteTable", {"TableName": table})
        except DynamoDBError as error:
            if error.code == NO_TABLE:
                return True
            if error.code != "ResourceInUseException":
                raise
        return not found_table(self._call, table)

    def _report(self) -> None:
        """Print the times against the goals. A goal that was missed is a difference."""
        rto = self.state["used"] - self.state["noticed"]
        rpo = self.state["damaged"] - self.state["moment"]
        print(f"restored to {shown(self.state['moment'])}: {self.state['fingerprint']['users']['count']} users")
        print(f"RTO {clock(rto)} (goal {clock(RTO_GOAL)}): from the end of the damage to an API that works")
        print(f"RPO {clock(rpo)} (goal {clock(RPO_GOAL)}): from the restored second to the first damage")
        print(f"the newest second that could be restored was {clock(self.state['age'])} old")
        for name, seconds, goal in (("RTO", rto, RTO_GOAL), ("RPO", rpo, RPO_GOAL)):
            if seconds > goal:
                self._differs(f"{name} is over its goal")
        print("DRILL FAILED" if self.state["differences"] else "drill passed")


def clock(seconds: float) -> str:
    """Seconds as hours, minutes and seconds."""
    whole = math.ceil(max(0.0, seconds))
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
