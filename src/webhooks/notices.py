"""Notices for operators: a webhook disabled itself.

A webhook has no address of its owner. Only the dispatcher (webhooks.dispatch) writes a reason, and each such write is
one notice. Its id is the id of the webhook with the version that the write made.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from dynamodb.values import from_item
from webhooks.model import DISABLED, ENABLED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def notice_in(record: Any) -> dict[str, Any] | None:
    """The content of the notice about a record of the table's stream; None if nothing disabled the webhook.

    The URL can contain a secret, so only its host is part of a notice.
    """
    images = record["dynamodb"]
    old, new = from_item(images.get("OldImage") or {}), from_item(images.get("NewImage") or {})
    if old.get("status") != ENABLED or new.get("status") != DISABLED or "disabledReason" not in new:
        return None
    return {
        "id": f"{new['webhookId']}_{new['version']}",
        "schemaVersion": 1,
        "time": new["updatedAt"],
        "webhookId": new["webhookId"],
        "host": urlsplit(str(new["url"])).hostname or "",
        "reason": new["disabledReason"],
    }
