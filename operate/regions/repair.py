"""Find and repair what two Regions that wrote apart have left: two users of one email, and wrong claims.

    python -m operate repair --users USERS --keys KEYS [--write --bus BUS]

Use the tables of the home Region, after the lost Region is back and both have the same items (`failover check`). If two
users have one email, the older one keeps it. The younger one is parked: it gets an address that reaches nobody, and
stays as it is otherwise. Claims are rebuilt. Claims without a user are removed. Users may write meanwhile. Done again,
the command finds nothing. It lists the users that it parks: a person asks them for another email.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from dynamodb.errors import ConditionalCheckFailed
from dynamodb.values import to_item
from operate import database
from operate.database import Call, get, scan
from operate.records.fingerprint import text
from operate.regions import mending
from operate.regions.mending import Holder
from users.attributed import EMAIL_VERIFIED
from users.email_address import canonical
from users.expressions import Expression
from users.items import claim_email, email_key
from users.transaction import transact
from users.user import user_key
from utils.timestamps import rfc3339
from wiring import new_token, pause

CHANGES = "users and claims, with --write"
NO_EMAIL = "no email; delete the user, or set an email through the API"
BUSY = "it changed meanwhile; run the command again"
OF_UNKNOWN_AGE = "9"  # later than every time

Item = dict[str, Any]
Decide = Callable[[Holder, str | None, Holder | None], str]

add_options = database.add_options


def run(call: Call, options: argparse.Namespace) -> int:
    """List and, with --write, repair; how many users are parked or left for a person."""
    repair = Repair(call, options.users, options.keys, write=options.write)
    repair.run()
    print("; ".join(f"{count} {what}" for what, count in sorted(repair.counts.items())) or "nothing to repair")
    return repair.left


class Repair:
    """One run over a pair of tables. `counts` has what was done, or without `write` what there is to do."""

    def __init__(
        self,
        call: Call,
        users: str,
        keys: str,
        *,
        write: bool,
        say: Callable[[str], None] = print,
        decide: Decide = mending.of_user,
        new_token: Callable[[], str] = new_token,
        pause: Callable[[int], None] = pause,
    ) -> None:
        self._call, self._users, self._keys = call, users, keys
        self._write, self._say, self._new_token, self._pause = write, say, new_token, pause
        self._decide = decide
        self.counts: Counter[str] = Counter()
        self.left = 0
        self.parked: list[tuple[Holder, Holder]] = []  # each younger user, and the older one who keeps the email

    def run(self) -> None:
        """Each user, then each claim that is left."""
        for user in scan(self._call, self._users):
            self._user(user)
        for item in scan(self._call, self._keys):
            if (item["key"].get("S") or "").startswith("email#"):
                self._claim(item)

    def _user(self, user: Item) -> None:
        user_id, email = user["userId"]["S"], text(user, "email")
        if not email:
            self._leave(f"user {user_id}: {NO_EMAIL}")
            return
        claim = get(self._call, self._keys, {"key": email_key(email)})
        claimed_by = text(claim, "userId") if claim else None
        if claim and claimed_by is None:
            self._leave(f"the claim of the email of user {user_id} names no user; delete the claim by hand")
            return
        owner = self._owner(claimed_by, email) if claimed_by not in (None, user_id) else {}
        verdict = self._decide(holder(user), claimed_by, holder(owner) if owner else None)
        if verdict == mending.NOTHING:
            return
        now = get(self._call, self._users, {"userId": user_id})
        if now == user:
            self._mend(verdict, user, owner, claimed_by)
        elif now:  # the scan is older than what this run or a client has written
            self._user(now)

    def _mend(self, verdict: str, user: Item, owner: Item, claimed_by: str | None) -> None:
        user_id = user["userId"]["S"]
        younger = {mending.PARK: user, mending.PARK_OWNER: owner}.get(verdict)
        actions: dict[str, Any] = self._park(younger) if younger else {}
        if verdict == mending.PARK:  # if the older one still has it
            actions["kept"] = {"ConditionCheck": self._claimed(user, claimed_by)}
        elif verdict == mending.CLAIM:
            actions |= {"claim": claim_email(self._keys, user_id, user["email"]["S"]), **self._unchanged(user)}
        else:
            actions |= {"claim": self._take_over(user, claimed_by), **self._unchanged(user)}
        if self._write and transact(self._call, actions, self._new_token(), self._pause):
            self._leave(f"user {user_id}: {BUSY}")
            return
        if younger:
            pair = holder(younger), holder(owner if younger is user else user)
            self.parked.append(pair)
            self._leave(f"user {pair[0].user_id}: parked; the older user {pair[1].user_id} keeps the email")
        else:
            self._say(f"user {user_id}: its claim is written")
        self.counts["parked" if younger else "claims written"] += 1

    def _park(self, user: Item) -> dict[str, Any]:
        """Give a user its parked address, if it is as it was read."""
        user_id = user["userId"]["S"]
        address, now = mending.parked(user_id), max(rfc3339(time.time()), text(user, "updatedAt") or "")
        update = self._as_read(user)
        changes: dict[str, str | int] = {"email": address, "updatedAt": now, "lastWrite": self._new_token()}
        written = update.update(changes, [EMAIL_VERIFIED])
        free = Expression().require_absent("key", ("userId", "=", user_id))
        claim = to_item({"key": email_key(address), "userId": user_id})
        return {
            "parked": {
                "Update": update.condition(TableName=self._users, Key=user_key(user_id), UpdateExpression=written)
            },
            "address": {"Put": free.condition(TableName=self._keys, Item=claim)},
        }

    def _unchanged(self, user: Item) -> dict[str, Any]:
        """A condition: the user is as it was read."""
        check = self._as_read(user).condition(TableName=self._users, Key=user_key(user["userId"]["S"]))
        return {"user": {"ConditionCheck": check}}

    def _as_read(self, user: Item) -> Expression:
        expression = Expression().require_exists("userId").require("email", "=", user["email"]["S"])
        if "N" in user.get("version", {}):
            return expression.require_number("version", user["version"]["N"])
        return expression

    def _take_over(self, user: Item, claimed_by: str | None) -> dict[str, Any]:
        claim = to_item({"key": email_key(user["email"]["S"]), "userId": user["userId"]["S"]})
        still = Expression().require("userId", "=", claimed_by or "")
        return {"Put": still.condition(TableName=self._keys, Item=claim)}

    def _claimed(self, user: Item, claimed_by: str | None) -> dict[str, Any]:
        still = Expression().require("userId", "=", claimed_by or "")
        return still.condition(TableName=self._keys, Key=to_item({"key": email_key(user["email"]["S"])}))

    def _claim(self, claim: Item) -> None:
        """Remove a claim whose user is not there, or has another email."""
        claimed_by, key = text(claim, "userId"), claim["key"]["S"]
        if claimed_by is None or "expiresAt" in claim or self._owner(claimed_by, key.removeprefix("email#")):
            return  # one that names nobody is for a person, and one that expires is kept for a sign-in
        still = Expression().require("userId", "=", claimed_by)
        try:
            if self._write:
                self._call("DeleteItem", still.condition(TableName=self._keys, Key={"key": claim["key"]}))
        except ConditionalCheckFailed:
            self._leave(f"a claim of {claimed_by}: {BUSY}")
            return
        self._say(f"a claim of {claimed_by}: no user has this email; it is removed")
        self.counts["claims removed"] += 1

    def _owner(self, user_id: str | None, email: str) -> Item:
        """The user, if it is there and has this email in any spelling; else an empty item."""
        found = get(self._call, self._users, {"userId": user_id}) if user_id else {}
        theirs = text(found, "email")
        return found if theirs and canonical(theirs) == canonical(email) else {}

    def _leave(self, line: str) -> None:
        self.left += 1
        self._say(line)


def holder(user: Item) -> Holder:
    """A user as the rules see it."""
    return Holder(text(user, "createdAt") or OF_UNKNOWN_AGE, user["userId"]["S"])
