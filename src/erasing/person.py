"""The person whom an erasure is about: what the places have to know to find what belongs to them."""

from __future__ import annotations

from dynamodb.values import to_item
from mail.letters import mailbox
from mail.outcomes import address_key
from users.actors import tombstone_key
from users.ownership import SUBJECT
from users.reading import check_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from users.reading import Call
    from users.user import Item


class Person:
    """A person by ids and one digest, so that the receipt has neither a name nor an email.

    `subject` is the random id of the person in the user pool, and `address` the key of the item that suppresses letters
    to the email, which has its SHA-256. Both are "" where nothing is known. `version` is the last one that was read of
    the record, and `caller` the administrator who asked for the erasure.
    """

    __slots__ = ("address", "caller", "subject", "user_id", "version")

    def __init__(self, user_id: str, *, subject: str = "", address: str = "", version: int = 1, caller: str) -> None:
        self.user_id = user_id
        self.subject = subject
        self.address = address
        self.version = version
        self.caller = caller


def find_person(call: Call, users_table: str, keys_table: str, user_id: str, caller: str) -> Person | None:
    """The person of a record, or of one that was deleted some days ago; None if neither is there.

    Raises UserNotFound for what is no id of a user.
    """
    check_id(user_id)
    item = _read(call, users_table, to_item({"userId": user_id})) or _read(call, keys_table, tombstone_key(user_id))
    if item is None:
        return None
    email = mailbox(item.get("email", {}).get("S", ""))
    version = item.get("version", {}).get("N", "1")
    return Person(
        user_id,
        subject=item.get(SUBJECT, {}).get("S", ""),
        address=address_key(email) if email else "",
        version=int(version) if version.isdigit() else 1,
        caller=caller,
    )


def _read(call: Call, table: str, key: Item) -> Item | None:
    found: Item | None = call("GetItem", {"TableName": table, "Key": key, "ConsistentRead": True}).get("Item")
    return found
