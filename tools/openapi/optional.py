"""Operations that a stack has only while a capability is on: the template's conditions for them."""

from __future__ import annotations

from typing import Any

NOTHING = {"Ref": "AWS::NoValue"}

# Each condition that x-lambda may name, with the parameters it depends on. They become part of the deployed definition,
# because a changed parameter must make a new deployment of the API.
CONDITIONS: dict[str, tuple[str, ...]] = {
    "SignInOn": ("SignIn",),
    "EventsOn": ("Events", "SignIn"),
    "MailOn": ("Events", "SignIn", "MailSender", "MailIdentityArn"),
    "WebhooksOn": ("Events", "SignIn", "Webhooks"),
    "PicturesOn": ("Events", "SignIn", "Pictures"),
    "LiveOn": ("Events", "SignIn", "LiveUpdates"),
    "HealthOn": ("Health",),
    "BulkOn": ("Bulk", "Events", "SignIn"),
}


def wrapped(item: dict[str, Any], conditions: set[str | None]) -> dict[str, Any]:
    """A path that is there only while the condition of its operations holds. Raises ValueError if they differ."""
    if len(conditions) > 1:
        raise ValueError("its operations have different conditions; one path has one condition")
    condition = next(iter(conditions), None)
    return {"Fn::If": [condition, item, NOTHING]} if condition else item


def parameters(conditions: set[str | None]) -> list[str]:
    """The parameters that these conditions depend on, each once."""
    return sorted({name for condition in conditions if condition for name in CONDITIONS[condition]})
