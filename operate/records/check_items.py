"""List the items among the users that another tool wrote, the problems of each, and their fixes.

    python -m operate check-items --users USERS

An item that is not a user is left out of lists, and reads do not find it. The functions log its id (`items_left_out`).
An item that is a user despite its problems works, and is listed for information. Unknown attributes are no problem and
are kept. The command prints keys but no values. After a key that is not a user id comes its digest in the logs.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from operate.database import Call, scan
from users.foreign import is_user, name_of, user_in
from users.model import FIELDS
from users.user import FIELD_NAMES, MOST_VERSION, is_user_id

CHANGES = "nothing"
KINDS = {"NULL": "null", "BOOL": "true or false", "N": "a number", "S": "a text", "M": "a map", "L": "a list"}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--users", required=True, help="the stack's UsersTable")


def run(call: Call, options: argparse.Namespace) -> int:
    """List what is not as the API writes it; how many items are no users."""
    strangers = 0
    for item in scan(call, options.users):
        faults = list(faults_of(item))
        stranger = not is_user(user_in(item))
        strangers += stranger
        if faults:
            print(f"{shown(item)}: {'NO USER' if stranger else 'works'}: {'; '.join(faults)}")
    print(f"{strangers} items are no users" if strangers else "every item is a user")
    return strangers


def shown(item: dict[str, Any]) -> str:
    """An item's key, and its digest in the logs."""
    key = item["userId"]["S"]
    return key if is_user_id(key) else f"{key!r} ({name_of(key)} in the logs)"


def faults_of(item: dict[str, Any]) -> Iterator[str]:
    """The problems of an item, and their fixes."""
    if not is_user_id(item["userId"]["S"]):
        yield "its key is no user id; clients cannot ask for it; remove it, or create the user through the API"
    user = user_in(item)
    for name in FIELD_NAMES:
        if name not in user and (name in item or name != "age"):
            yield f"{what_is(item, name)}; {HELP[name]}"
        elif name in user and not FIELDS[name].read_only and (reason := FIELDS[name].check(user[name])):
            yield f"{name} {reason[1].rstrip('.')}; PUT another one"
    number = item.get("version", {}).get("N", "")
    if not (number.isdigit() and 1 <= int(number) <= MOST_VERSION):
        yield f"{what_is(item, 'version')}; counts as {user.version}, and the next write writes it"


HELP = {
    "name": "PUT a name, or delete it",
    "email": "PUT an email, or delete it",
    "age": "counts as no age; PUT one, or null",
    "createdAt": "the next PUT of a field writes it",
    "updatedAt": "the next PUT of a field writes it",
}


def what_is(item: dict[str, Any], name: str) -> str:
    """The value that an item has instead of a valid field."""
    if name not in item:
        return f"no {name}"
    kind = next(iter(item[name]))
    wanted = "an integer from 1 on" if name in ("age", "version") else "a string"
    return f"{name} is {KINDS.get(kind, f'of type {kind}')} and not {wanted}"
