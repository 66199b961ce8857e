"""A receipt as administrators see it."""

from __future__ import annotations

import json

from erasing.receipts import COMPLETED, progress_of
from erasing.registry import KEPT
from users.actors import actor_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from erasing.receipts import Receipt


def shown(receipt: Receipt) -> dict[str, Any]:
    """The receipt: what was erased where and when, what goes by itself until when, and what stays."""
    told = {name: receipt[name] for name in ("userId", "status", "requestedAt")}
    return {
        **told,
        "requestedBy": actor_of(str(receipt["caller"])),
        **{name: receipt[name] for name in ("completedAt",) if name in receipt},
        "places": [
            {"place": name, "erased": each["erased"], **({"lookedAt": each["at"]} if each.get("at") else {})}
            for name, each in progress_of(receipt).items()
        ],
        "forgets": [{"what": name, "by": by} for name, by in json.loads(receipt.get("forgets", "{}")).items()],
        "keeps": [{"what": name, "why": why} for name, (why, _) in KEPT.items()],
    }


def verified(receipt: Receipt, left: Mapping[str, int | None], now: str) -> dict[str, Any]:
    """The receipt with what each place has now. A place without `remaining` is too large for one request."""
    document = shown(receipt)
    known = {each["place"]: each for each in document["places"]}
    document["places"] = [
        {**known.get(name, {"place": name, "erased": 0}), **({} if count is None else {"remaining": count})}
        for name, count in left.items()
    ]
    nothing = all(count == 0 for count in left.values())
    return {**document, "verified": nothing and receipt["status"] == COMPLETED, "verifiedAt": now}
