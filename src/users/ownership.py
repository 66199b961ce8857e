"""The database as one person may see and change it: of the users, only their own record.

It stands between the repository and the database. Every write of a user gets the condition that the record is the
person's, so the database decides in the moment of the write. A record of somebody else is hidden from every response,
also where it failed a condition. Therefore it looks exactly like a record that is not there. The record of a person who
is disabled, or was signed out since the sign-in, is hidden in the same way.
"""

from __future__ import annotations

from dynamodb.errors import ConditionalCheckFailed, TransactionCanceled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from users.reading import Call

    Request = dict[str, Any]

SUBJECT = "subject"
STATUS = "status"  # a record and the item of its person have it, unless the person is active
SIGNED_OUT_AT = "signedOutAt"  # in seconds since the epoch: tokens of a sign-in until then count no more

_CONDITION = (
    " AND #owner = :owner AND attribute_not_exists(#ownerStatus)"
    " AND (attribute_not_exists(#ownerOut) OR #ownerOut < :ownerIn)"
)
_NAMES = {"#owner": SUBJECT, "#ownerStatus": STATUS, "#ownerOut": SIGNED_OUT_AT}
_READS, _WRITES = frozenset({"GetItem"}), frozenset({"UpdateItem", "DeleteItem"})


class NotForOne(Exception):
    """A call that could show or change the records of others; only a fault in our code makes one."""


def own_records(call: Call, users_table: str, subject: str, signed_in_at: int) -> Call:
    """`call`, for one person who signed in at this time, in seconds since the epoch."""

    def owned(item: Any) -> bool:
        if not item or item.get(SUBJECT) != {"S": subject} or STATUS in item:
            return False
        return SIGNED_OUT_AT not in item or int(item[SIGNED_OUT_AT]["N"]) < signed_in_at

    def required(write: Request) -> Request:
        names, values = write["ExpressionAttributeNames"], write.get("ExpressionAttributeValues", {})
        return {
            **write,
            "ConditionExpression": write["ConditionExpression"] + _CONDITION,
            "ExpressionAttributeNames": {**names, **_NAMES},
            "ExpressionAttributeValues": {**values, ":owner": {"S": subject}, ":ownerIn": {"N": f"{signed_in_at}"}},
        }

    def action(each: Request) -> Request:
        [(verb, write)] = each.items()
        if write["TableName"] != users_table:
            return each
        if verb not in ("Update", "Delete"):
            raise NotForOne(verb)
        return {verb: required(write)}

    def restricted(operation: str, request: Request) -> dict[str, Any]:
        if operation == "TransactWriteItems":
            request = {**request, "TransactItems": [action(each) for each in request["TransactItems"]]}
        elif request["TableName"] == users_table:
            if operation in _WRITES:
                request = required(request)
            elif operation not in _READS:
                raise NotForOne(operation)
        try:
            found = call(operation, request)
        except ConditionalCheckFailed as error:
            if not owned(error.item):
                error.item = None
            raise
        except TransactionCanceled as error:
            for reason, each in zip(error.reasons, request["TransactItems"], strict=True):
                [write] = each.values()
                if write["TableName"] == users_table and not owned(reason.get("Item")):
                    reason.pop("Item", None)
            raise
        if operation == "GetItem" and request["TableName"] == users_table and not owned(found.get("Item")):
            found.pop("Item", None)
        return found

    return restricted
