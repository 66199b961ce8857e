"""The webhooks of one table. No other module of the handlers knows its keys and conditions."""

from __future__ import annotations

from dynamodb.values import from_item, to_item
from users.items import keep_answer
from users.reading import available
from users.refusals import kept_answer
from users.transaction import TRIES, transact
from users.user import is_user_id
from utils.errors import PreconditionFailed, ServiceUnavailable
from utils.timestamps import rfc3339
from utils.validation import problem_of, read_only
from webhooks.errors import InvalidWebhook, WebhookNotFound
from webhooks.model import READ_ONLY, Webhook, changed_webhook, new_webhook, rotated_webhook

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from users.items import Action
    from users.reading import Call
    from utils.idempotency import IdempotencyKey
    from utils.preconditions import Precondition
    from utils.response import Response

NAMES = {"#version": "version"}


class WebhookRepository:
    """The webhooks to be read and written. The arguments are those of users.repository.UserRepository."""

    def __init__(
        self,
        call: Call,
        table: str,
        keys_table: str,
        *,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        new_token: Callable[[], str],
        new_secret: Callable[[], str],
        pause: Callable[[int], None],
    ) -> None:
        self._call, self._table, self._keys = available(call), table, keys_table
        self._clock, self._new_id, self._new_token, self._new_secret = clock, new_id, new_token, new_secret
        self._pause = pause

    def create(
        self, members: Mapping[str, Any], answer: Callable[[Webhook], Response], key: IdempotencyKey | None = None
    ) -> Response:
        """Create a webhook with a new secret and return `answer(webhook)`, or the response that `key` got before."""
        webhook = new_webhook(members, self._new_id(), self._new_secret(), rfc3339(self._clock()))
        response = answer(webhook)
        kept = self._write(webhook, 0, response, key)
        if kept is None:
            raise ServiceUnavailable
        return kept

    def rotate_secret(
        self, webhook_id: str, answer: Callable[[Webhook], Response], key: IdempotencyKey | None = None
    ) -> Response:
        """Make a new secret and return `answer(webhook)`, or the response that `key` got before.

        Raises WebhookNotFound.
        """
        for attempt in range(TRIES):
            webhook = self.get(webhook_id)
            rotated = rotated_webhook(webhook, self._new_secret(), self._clock())
            response = self._write(rotated, webhook.version, answer(rotated), key)
            if response is not None:
                return response
            self._pause(attempt)
        raise ServiceUnavailable

    def get(self, webhook_id: str) -> Webhook:
        """The webhook as it is now. Raises WebhookNotFound."""
        if not is_user_id(webhook_id):
            raise WebhookNotFound
        request = {"TableName": self._table, "Key": _key(webhook_id), "ConsistentRead": True}
        item = self._call("GetItem", request).get("Item")
        if not item:
            raise WebhookNotFound
        return Webhook(from_item(item))

    def list(self, limit: int, after: str | None = None) -> tuple[list[Webhook], str | None]:
        """Up to `limit` webhooks in the table's own order, and the id to continue after while there are more."""
        request: dict[str, Any] = {"TableName": self._table, "Limit": limit + 1, "ConsistentRead": True}
        if after:
            request["ExclusiveStartKey"] = _key(after)
        page = self._call("Scan", request)
        found = [Webhook(from_item(item)) for item in page["Items"]]
        if len(found) > limit:
            return found[:limit], str(found[limit - 1].values["webhookId"])
        more = page.get("LastEvaluatedKey")
        return found, more["webhookId"]["S"] if more else None

    def update(self, webhook_id: str, members: Mapping[str, Any], precondition: Precondition) -> Webhook:
        """Change some fields. Raises WebhookNotFound, PreconditionFailed, InvalidWebhook."""
        for attempt in range(TRIES):
            webhook = self._current(webhook_id, precondition)
            changed = self._changed(webhook, members)
            if not self._transact({"webhook": self._put(changed, webhook.version)}):
                return changed
            self._pause(attempt)
        raise ServiceUnavailable

    def delete(self, webhook_id: str, precondition: Precondition) -> None:
        """Remove the webhook. Raises WebhookNotFound, PreconditionFailed."""
        for attempt in range(TRIES):
            webhook = self._current(webhook_id, precondition)
            gone = {"TableName": self._table, "Key": _key(webhook_id), **_unchanged(webhook.version)}
            if not self._transact({"webhook": {"Delete": gone}}):
                return
            self._pause(attempt)
        raise ServiceUnavailable

    def _write(self, webhook: Webhook, version: int, response: Response, key: IdempotencyKey | None) -> Response | None:
        """Write the webhook and the record of the key; the response, or None if another write came first."""
        actions = {"webhook": self._put(webhook, version)}
        if key:
            actions["record"] = keep_answer(self._keys, webhook.values["webhookId"], key, response, int(self._clock()))
        refused = self._transact(actions)
        if key and "record" in refused:
            return kept_answer(refused["record"], key)
        return None if refused else response

    def _current(self, webhook_id: str, precondition: Precondition) -> Webhook:
        webhook = self.get(webhook_id)
        if not precondition.holds(webhook.version):
            raise PreconditionFailed(webhook.etag)
        return webhook

    def _changed(self, webhook: Webhook, members: Mapping[str, Any]) -> Webhook:
        wrong = [name for name in READ_ONLY if name in members and webhook.values.get(name) != members[name]]
        if wrong:
            raise InvalidWebhook([problem_of(name, read_only(name)) for name in wrong])
        sent = {name: value for name, value in members.items() if name not in READ_ONLY}
        return changed_webhook(webhook, sent, rfc3339(self._clock()))

    def _put(self, webhook: Webhook, version: int = 0) -> Action:
        free = {"ConditionExpression": "attribute_not_exists(webhookId)"}
        return {
            "Put": {
                "TableName": self._table,
                "Item": to_item(webhook.values),
                **(_unchanged(version) if version else free),
            }
        }

    def _transact(self, actions: dict[str, Action]) -> dict[str, Any]:
        return transact(self._call, actions, self._new_token(), self._pause)


def _key(webhook_id: str) -> dict[str, Any]:
    return to_item({"webhookId": webhook_id})


def _unchanged(version: int) -> dict[str, Any]:
    return {
        "ConditionExpression": "#version = :version",
        "ExpressionAttributeNames": NAMES,
        "ExpressionAttributeValues": to_item({":version": version}),
    }
