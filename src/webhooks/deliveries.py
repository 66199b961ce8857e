"""The log of deliveries, in one table: each is planned once, and its turn decides which write counts."""

from __future__ import annotations

from dynamodb.errors import ConditionalCheckFailed
from dynamodb.values import from_item, to_item
from users.user import is_user_id
from webhooks.delivery import again
from webhooks.errors import DeliveryNotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from users.reading import Call
    from webhooks.delivery import Values


class Deliveries:
    """The deliveries of all webhooks. `call(operation, request)` is the DynamoDB API."""

    def __init__(self, call: Call, table: str) -> None:
        self._call, self._table = call, table

    def plan(self, delivery: Values) -> None:
        """Keep a new delivery; nothing if it is planned already."""
        absent = {"ConditionExpression": "attribute_not_exists(deliveryId)"}
        try:
            self._call("PutItem", {"TableName": self._table, "Item": to_item(delivery), **absent})
        except ConditionalCheckFailed:
            return

    def get(self, webhook_id: str, delivery_id: str) -> Values:
        """A delivery as it is now. Raises DeliveryNotFound."""
        if not is_user_id(webhook_id) or not is_user_id(delivery_id):
            raise DeliveryNotFound
        request = {"TableName": self._table, "Key": _key(webhook_id, delivery_id), "ConsistentRead": True}
        item = self._call("GetItem", request).get("Item")
        if not item:
            raise DeliveryNotFound
        return from_item(item)

    def list(self, webhook_id: str, limit: int, after: str | None = None) -> tuple[list[Values], str | None]:
        """Up to `limit` deliveries of a webhook, the newest first, and the id to continue after."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "webhookId = :webhook",
            "ExpressionAttributeValues": to_item({":webhook": webhook_id}),
            "ScanIndexForward": False,
            "ConsistentRead": True,
            "Limit": limit + 1,
        }
        if after:
            request["ExclusiveStartKey"] = _key(webhook_id, after)
        page = self._call("Query", request)
        found = [from_item(item) for item in page["Items"]]
        if len(found) > limit:
            return found[:limit], str(found[limit - 1]["deliveryId"])
        more = page.get("LastEvaluatedKey")
        return found, more["deliveryId"]["S"] if more else None

    def record(self, after: Values) -> bool:
        """Replace a delivery by its next turn; False if another has done so already."""
        unchanged = {
            "ConditionExpression": "turn = :turn",
            "ExpressionAttributeValues": to_item({":turn": after["turn"] - 1}),
        }
        try:
            self._call("PutItem", {"TableName": self._table, "Item": to_item(after), **unchanged})
        except ConditionalCheckFailed:
            return False
        return True

    def redeliver(self, webhook_id: str, delivery_id: str, now: float) -> Values:
        """Make a delivery due at once. Raises DeliveryNotFound."""
        while True:  # another write came first: each round means that one succeeded
            delivery = again(self.get(webhook_id, delivery_id), now)
            if self.record(delivery):
                return delivery


def _key(webhook_id: str, delivery_id: str) -> dict[str, Any]:
    return to_item({"webhookId": webhook_id, "deliveryId": delivery_id})
