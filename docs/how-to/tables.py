#!/usr/bin/env python3
"""tables.py - bring users into the tables of a deployed users API, and check that every email is claimed by its owner.

    .local/sam/bin/python docs/how-to/tables.py copy --from OLD_TABLE --users USERS --keys KEYS [--write]
    .local/sam/bin/python docs/how-to/tables.py check --users USERS --keys KEYS [--write]

`copy` reads every item of OLD_TABLE and creates the user with its claim in one transaction, under the rules of the
API. A user who is there already is left alone, so it can be run again. `check` lists users without their claim and
claims without their user, and with --write mends both; nobody should write meanwhile.

Without --write nothing is changed: what would happen is listed. Where botocore is installed, as beside the AWS CLI in
.local/sam, it finds region and credentials as the AWS CLI does; a bare python3 (3.11 or newer) takes both from the
environment (AWS_REGION, AWS_ACCESS_KEY_ID, ...).
Exit status: 0 nothing is left to do, 1 something was listed that needs a person, or failed, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from dynamodb.client import from_environment
from dynamodb.errors import ConditionalCheckFailed, ConfigurationError, DynamoDBError
from dynamodb.values import to_item
from users.email_address import canonical
from users.errors import InvalidUser
from users.expressions import Expression
from users.items import claim_email, put_user
from users.model import FIELDS, invalid
from users.transaction import transact
from users.user import User, is_user_id
from utils.deadline import Deadline
from utils.errors import AppError
from utils.timestamps import rfc3339
from utils.validation import validated
from wiring import new_token, pause

Call = Callable[[str, dict[str, Any]], dict[str, Any]]
SECONDS = 20.0  # for one call with its retries
CLAIM = "email#"


class Unfit(Exception):
    """An item that cannot become a user; its text says why."""


def main(arguments: list[str]) -> int:
    """Copy or check; the exit status."""
    options = parsed(arguments)
    try:
        client = from_environment({"DYNAMODB_CLIENT": "boto3" if find_spec("botocore") else "", **os.environ})
        needs_a_person = options.run(lambda name, request: client.call(name, request, Deadline(SECONDS)), options)
    except (DynamoDBError, ConfigurationError, AppError) as error:
        print(f"tables.py: {getattr(error, 'code', '')} {error}".replace("  ", " "), file=sys.stderr)
        return 1
    return 1 if needs_a_person else 0


def parsed(arguments: list[str]) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(
        prog="tables.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    for name, run in (("copy", copy), ("check", check)):
        command = commands.add_parser(name)
        command.set_defaults(run=run)
        if name == "copy":
            command.add_argument("--from", dest="source", required=True, help="the table to read")
        command.add_argument("--users", required=True, help="the stack's UsersTable")
        command.add_argument("--keys", required=True, help="the stack's UserKeysTable")
        command.add_argument("--write", action="store_true", help="do it; else only list")
    return parser.parse_args(arguments)


def copy(call: Call, options: argparse.Namespace) -> int:
    """Create every user of the old table; how many could not be."""
    unfit, done = 0, 0
    for item in scan(call, options.source):
        try:
            user = user_of(plain(item))
            what = create(call, options, user) if options.write else "would be copied"
            done += 1
            print(f"{user['userId']}  {what}")
        except (Unfit, InvalidUser) as error:
            unfit += 1
            print(f"{item.get('userId', {}).get('S', '?')}  LEFT OUT: {error}")
    print(f"{done} users {'copied or there already' if options.write else 'could be copied'}, {unfit} left out")
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
    return "is there already"


def plain(item: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The strings and numbers of an item, whichever of both was meant."""
    return {name: typed.get("S", typed.get("N")) for name, typed in item.items() if typed.keys() & {"S", "N"}}


def user_of(old: dict[str, Any]) -> User:
    """The user that an old item stands for. Raises Unfit, InvalidUser."""
    if not is_user_id(str(old.get("userId", ""))):
        raise Unfit("its userId is no UUID in lower case; give it a new id by creating it through the API")
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
        raise Unfit(f"{text!r} is no time") from None
    return rfc3339((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def check(call: Call, options: argparse.Namespace) -> int:
    """List, and with --write mend, what does not belong together; how much is left."""
    left = 0
    for user in scan(call, options.users):
        if "email" not in user:
            print(f"user {user['userId']['S']}: no email; remove the user, or give it one through the API")
            left += 1
            continue
        user_id, key = user["userId"]["S"], CLAIM + canonical(user["email"]["S"])
        owner = get(call, options.keys, {"key": key}).get("userId", {}).get("S")
        if owner == user_id or not get(call, options.users, {"userId": user_id}):
            continue
        mended = owner is None and options.write and claimed(call, options.keys, user)
        left += not mended
        print(f"user {user_id}: {'its email is claimed by ' + owner if owner else 'no claim'}{' - mended' * mended}")
    for claim in scan(call, options.keys):
        if claim["key"]["S"].startswith(CLAIM) and not owned(call, options.users, claim):
            mended = options.write and released(call, options.keys, claim)
            left += not mended
            print(f"claim of {claim['userId']['S']}: no such user with this email{' - mended' * mended}")
    print("every email is claimed by its owner" if not left else f"{left} to mend")
    return left


def claimed(call: Call, keys: str, user: dict[str, Any]) -> bool:
    """Write the claim that a user lacks; False where somebody else was faster."""
    action = claim_email(keys, user["userId"]["S"], user["email"]["S"])
    return not transact(call, {"claim": action}, new_token(), pause)


def owned(call: Call, users: str, claim: dict[str, Any]) -> bool:
    """Whether the user that a claim names has the email that it claims."""
    user = get(call, users, {"userId": claim["userId"]["S"]})
    return "email" in user and CLAIM + canonical(user["email"]["S"]) == claim["key"]["S"]


def released(call: Call, keys: str, claim: dict[str, Any]) -> bool:
    """Remove a claim, if it still names who it named."""
    still = Expression().require("userId", "=", claim["userId"]["S"])
    try:
        call("DeleteItem", still.condition(TableName=keys, Key={"key": claim["key"]}))
    except ConditionalCheckFailed:
        return False
    return True


def get(call: Call, table: str, key: dict[str, str | int]) -> dict[str, Any]:
    """One item as it is now; an empty one where there is none."""
    found = call("GetItem", {"TableName": table, "Key": to_item(key), "ConsistentRead": True}).get("Item")
    return found or {}


def scan(call: Call, table: str) -> Iterator[dict[str, Any]]:
    """Every item of a table."""
    request: dict[str, Any] = {"TableName": table, "ConsistentRead": True}
    while True:
        page = call("Scan", request)
        yield from page["Items"]
        if not page.get("LastEvaluatedKey"):
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
