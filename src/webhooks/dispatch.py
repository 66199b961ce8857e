"""Webhooks as the consumers see them: which want an event, and what an attempt changes."""

from __future__ import annotations

from dynamodb.errors import ConditionalCheckFailed
from dynamodb.pages import pages
from dynamodb.values import from_item, to_item
from utils.timestamps import rfc3339
from webhooks.model import DISABLED, ENABLED, Webhook
from webhooks.schedule import ATTEMPT_SECONDS, GIVE_UP_SECONDS, SLOW_AT_ONCE, SLOW_MILLISECONDS, SLOW_SECONDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from users.reading import Call

GONE = 410


class Receivers:
    """The webhooks of one table. `call(operation, request)` is the DynamoDB API."""

    def __init__(self, call: Call, table: str) -> None:
        self._call, self._table = call, table

    def wanting(self, event_type: str) -> Iterator[Webhook]:
        """All webhooks that are subscribed to events of this type. It reads all webhooks, which are few."""
        for page in pages(self._call, "Scan", {"TableName": self._table, "ConsistentRead": True}):
            yield from (hook for hook in map(Webhook, map(from_item, page["Items"])) if hook.wants(event_type))

    def get(self, webhook_id: str) -> Webhook | None:
        """The webhook as it is now; None if there is none."""
        request = {"TableName": self._table, "Key": to_item({"webhookId": webhook_id}), "ConsistentRead": True}
        item = self._call("GetItem", request).get("Item")
        return Webhook(from_item(item)) if item else None

    def reserved(self, webhook: Webhook, now: float, random: Callable[[], float]) -> str | None:
        """The slot of an attempt that may be made now, "" for one that needs none; None if it has to wait.

        A webhook that fails has one slot, and a slow one has some, so that neither delays others.
        """
        if "failingSince" in webhook.values:
            slot = "attemptingUntil"
        elif webhook.values.get("slowUntil", 0) > now:
            slot = f"attemptingUntil{int(random() * SLOW_AT_ONCE)}"
        else:
            return ""
        free = f" AND (attribute_not_exists({slot}) OR {slot} <= :now)"
        values = {":until": int(now) + ATTEMPT_SECONDS, ":now": int(now)}
        return slot if self._update(webhook, f"SET {slot} = :until", values, free) else None

    def succeeded(self, webhook: Webhook, milliseconds: int, now: float, slot: str) -> None:
        """A delivery arrived: the webhook does not fail any more, and its slot is free. It may be slow."""
        ended = [slot] if slot else []
        if "failingSince" in webhook.values:
            ended.append("failingSince")
        slow = milliseconds >= SLOW_MILLISECONDS
        change = ("SET slowUntil = :slow " if slow else "") + (f"REMOVE {', '.join(ended)}" if ended else "")
        if change:
            self._update(webhook, change, {":slow": int(now) + SLOW_SECONDS} if slow else None)

    def failed(self, webhook: Webhook, status: int, now: float, last: bool) -> bool:
        """An attempt failed, `last` if it was the delivery's last. Whether this disables the webhook.

        A 410 does, and a last attempt after days without a success. One failure after a quiet week does not.
        """
        since = int(webhook.values.get("failingSince", now))
        if status != GONE and not (last and now - since >= GIVE_UP_SECONDS):
            if "failingSince" not in webhook.values:
                self._update(webhook, "SET failingSince = :now", {":now": int(now)})
            return False
        reason = "gone" if status == GONE else "failing"
        change = "SET #status = :disabled, disabledReason = :reason, updatedAt = :time, #version = #version + :one"
        values = {":disabled": DISABLED, ":reason": reason, ":time": rfc3339(now), ":one": 1, ":enabled": ENABLED}
        return self._update(webhook, change, values, " AND #status = :enabled", {"#status": "status"})

    def _update(
        self,
        webhook: Webhook,
        change: str,
        values: dict[str, Any] | None = None,
        also: str = "",
        names: dict[str, str] | None = None,
    ) -> bool:
        """Change a webhook that is still as it was read; a change of its owner counts for more."""
        request = {
            "TableName": self._table,
            "Key": to_item({"webhookId": webhook.values["webhookId"]}),
            "UpdateExpression": change,
            "ConditionExpression": f"#version = :read{also}",
            "ExpressionAttributeNames": {"#version": "version", **(names or {})},
            "ExpressionAttributeValues": to_item({":read": webhook.version, **(values or {})}),
        }
        try:
            self._call("UpdateItem", request)
        except ConditionalCheckFailed:
            return False
        return True
