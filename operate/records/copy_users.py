"""Copy the users of another table into the tables of a stack, each with the claim of its email.

    python -m operate copy-users --from OLD_TABLE --users USERS --keys KEYS [--write --bus BUS]

Every item of OLD_TABLE becomes a user under the rules of the API, or the command skips it and prints the reason. It
writes user and claim in one transaction. It skips users who are already there, so you can run it again.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from typing import Any

from operate import database
from operate.database import Call, scan
from users.errors import InvalidUser
from users.items import claim_email, put_user
from users.model import FIELDS, invalid
from users.transaction import transact
from users.user import User, is_user_id
from utils.timestamps import rfc3339
from utils.validation import validated
from wiring import new_token, pause

CHANGES = "UsersTable and UserKeysTable, with --write; OLD_TABLE is only read"


class Unfit(Exception):
    """An item that cannot become a user; its text says why."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--from", dest="source", required=True, help="the table to read")
    database.add_options(parser)


def run(call: Call, options: argparse.Namespace) -> int:
    """Create every user of the old table; how many could not be created."""
    unfit, done = 0, 0
    for item in scan(call, options.source):
        try:
            user = user_of(plain(item))
            what = create(call, options, user) if options.write else "would be copied"
            done += 1
            print(f"{user['userId']}  {what}")
        except (Unfit, InvalidUser) as error:
            unfit += 1
            print(f"{item.get('userId', {}).get('S', '?')}  SKIPPED: {error}")
    print(f"{done} users {'copied or already there' if options.write else 'could be copied'}, {unfit} skipped")
    return unfit


def create(call: Call, options: argparse.Namespace, user: User) -> str:
    """Write the user and its claim, if neither is there. Raises Unfit where somebody else has the email."""
    actions = {
        "user": put_user(options.users, user, new_token()),
        "claim": claim_email(options.keys, user["userId"], user["email"]),
    }
    refused = transact(call, actions, new_token(), pause)
    if not refused:
        return "copied"
    owner = refused.get("claim", {}).get("Item", {}).get("userId", {}).get("S")
    if owner and owner != user["userId"]:
        raise Unfit(f"its email belongs to {owner}; change one of them and run this again")
    return "already exists"


def plain(item: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The strings and numbers of an item, whichever of both was meant."""
    return {name: typed.get("S", typed.get("N")) for name, typed in item.items() if typed.keys() & {"S", "N"}}


def user_of(old: dict[str, Any]) -> User:
    """The user for an old item. Raises Unfit, InvalidUser."""
    if not is_user_id(str(old.get("userId", ""))):
        raise Unfit("its userId is not a UUID in lower case; create the user through the API to get a new id")
    members: dict[str, Any] = {name: old[name] for name in ("name", "email") if name in old}
    if old.get("age") not in (None, ""):
        members["age"] = whole(old["age"])
    now = rfc3339(time.time())
    times = {name: timestamp(old.get(name), now) for name in ("createdAt", "updatedAt")}
    version = int(old.get("version", 1))
    return User({**validated(members, FIELDS, invalid), **times, "userId": old["userId"]}, version)


def whole(text: str) -> int | str:
    """An age however it was kept: 36, "36", 36.0; what is none of these stays as it is, to be refused by its rule."""
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else text


def timestamp(text: str | None, otherwise: str) -> str:
    """A time in any form of ISO 8601, as the API writes it; without a zone it is taken as UTC. Raises Unfit."""
    if not text:
        return otherwise
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Unfit(f"{text!r} is not a valid time") from None
    return rfc3339((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
