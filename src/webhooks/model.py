"""A webhook: its fields with their rules, and how it is stored and shown."""

from __future__ import annotations

from utils.preconditions import etag
from utils.timestamps import rfc3339
from utils.validation import Field, text, trimmed
from webhooks.targets import reason_against

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from utils.validation import Reason
    from webhooks.errors import InvalidWebhook

EVENT_TYPES = ("UserCreated", "UserUpdated", "UserDeleted")
ENABLED, DISABLED = "enabled", "disabled"
STATUSES = (ENABLED, DISABLED)
READ_ONLY = ("webhookId", "disabledReason", "previousSecretExpiresAt", "createdAt", "updatedAt")
SHOWN = (
    *("webhookId", "url", "eventTypes", "description", "status", "disabledReason", "previousSecretExpiresAt"),
    *("createdAt", "updatedAt"),
)
# The value of a field that is absent or null.
DEFAULTS: Mapping[str, Any] = {"eventTypes": EVENT_TYPES, "status": ENABLED}
# How long a receiver may still check signatures with the secret before the last rotation.
OVERLAP_SECONDS = 24 * 60 * 60


class Webhook:
    """A webhook as it is stored. `values` are the attributes of its item."""

    __slots__ = ("values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = dict(values)

    @property
    def version(self) -> int:
        """Rises with every change that clients see."""
        return int(self.values["version"])

    @property
    def etag(self) -> str:
        """The strong entity tag of this state."""
        return etag(self.version)

    @property
    def enabled(self) -> bool:
        """Whether deliveries go to it."""
        return bool(self.values["status"] == ENABLED)

    def wants(self, event_type: str) -> bool:
        """Whether it is enabled and subscribed to events of this type."""
        return self.enabled and event_type in self.values["eventTypes"].split()

    def secrets(self, now: str) -> list[str]:
        """The secrets that sign a delivery: the newest, and the one before while it is valid."""
        previous = now < self.values.get("previousSecretExpiresAt", "")
        return [self.values["secret"], *([self.values["previousSecret"]] if previous else [])]

    def shown(self) -> dict[str, Any]:
        """The fields that clients see; the secret is not among them."""
        fields = {name: self.values[name] for name in SHOWN if name in self.values}
        return {**fields, "eventTypes": self.values["eventTypes"].split()}


def new_webhook(members: Mapping[str, Any], webhook_id: str, secret: str, now: str) -> Webhook:
    """A webhook that did not exist before, at version 1."""
    made = {**DEFAULTS, **members, "webhookId": webhook_id, "secret": secret}
    return Webhook({**_stored(made), "createdAt": now, "updatedAt": now, "version": 1})


def changed_webhook(webhook: Webhook, members: Mapping[str, Any], now: str) -> Webhook:
    """The webhook after the changes, one version later. One that is enabled again starts without failures."""
    dropped = {name for name, value in members.items() if value is None}
    sent = {name: DEFAULTS.get(name) if name in dropped else value for name, value in members.items()}
    values = {**webhook.values, **_stored(sent), "updatedAt": now}
    dropped -= set(DEFAULTS)
    if values["status"] == ENABLED:
        dropped |= {"disabledReason", "failingSince", "attemptingUntil", "slowUntil"}
    kept = {name: value for name, value in values.items() if name not in dropped}
    return Webhook({**kept, "version": webhook.version + 1})


def rotated_webhook(webhook: Webhook, secret: str, now: float) -> Webhook:
    """The webhook with a new secret, one version later. The secret before stays valid for a while."""
    return Webhook({
        **webhook.values,
        "secret": secret,
        "previousSecret": webhook.values["secret"],
        "previousSecretExpiresAt": rfc3339(now + OVERLAP_SECONDS),
        "updatedAt": rfc3339(now),
        "version": webhook.version + 1,
    })  # fmt: skip


def _stored(members: Mapping[str, Any]) -> dict[str, Any]:
    types = {"eventTypes": " ".join(members["eventTypes"])} if "eventTypes" in members else {}
    return {**members, **types}


def fields(localhost: bool) -> dict[str, Field]:
    """The rules of the fields; with `localhost`, a URL may name this machine."""
    return {
        **{name: Field(_any, read_only=True) for name in READ_ONLY},
        "url": Field(lambda value: reason_against(value, localhost), required=True),
        "eventTypes": Field(_event_types),
        "description": Field(text(1, 200), clean=trimmed),
        "status": Field(_status),
    }


def invalid(problems: list[dict[str, Any]]) -> InvalidWebhook:
    """The error that names these problems of a body."""
    from webhooks.errors import InvalidWebhook  # most bodies are right

    return InvalidWebhook(problems)


def _any(_value: object) -> Reason | None:
    return None


def _event_types(value: object) -> Reason | None:
    known = isinstance(value, list) and all(isinstance(each, str) and each in EVENT_TYPES for each in value)
    if not isinstance(value, list) or not known or not value or len(set(value)) != len(value):
        return "invalid_event_types", f"must be a list of some of {', '.join(EVENT_TYPES)}, each once."
    return None


def _status(value: object) -> Reason | None:
    if value not in STATUSES or not isinstance(value, str):
        return "invalid_status", f"must be {' or '.join(STATUSES)}."
    return None
