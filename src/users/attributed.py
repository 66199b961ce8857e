"""Users whose writes name their caller, for a stack with events."""

from __future__ import annotations

import copy

from users.actors import WRITTEN_BY, put_tombstone, written_by
from users.repository import UserRepository

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from users.expressions import Expression
    from users.items import Action
    from users.model import Changes
    from users.transaction import Refused
    from users.user import User
    from utils.idempotency import IdempotencyKey
    from utils.preconditions import Precondition
    from utils.response import Response


# The attribute with the email that a user has verified (verification.emails). Another email needs another verification.
EMAIL_VERIFIED = "emailVerified"


class AttributedUsers(UserRepository):
    """The repository of one caller. It makes the same calls; each write has an attribute or a tombstone more."""

    caller = "anonymous"

    def by(self, caller: str) -> AttributedUsers:
        """This repository, for the writes of one caller."""
        self.caller = caller
        return self

    def _creation(self, user: User, key: IdempotencyKey | None, response: Response) -> dict[str, Action]:
        actions = super()._creation(user, key, response)
        item = actions["user"]["Put"]["Item"]
        item[WRITTEN_BY] = {"S": written_by(item["lastWrite"]["S"], self.caller)}
        return actions

    def _changes(self, guard: Expression, user_id: str, changes: Changes, now: str, token: str) -> dict[str, Any]:
        told = copy.copy(changes)
        told.set = {**changes.set, WRITTEN_BY: written_by(token, self.caller)}
        return super()._changes(guard, user_id, told, now, token)

    def _update_email(self, user: User, changes: Changes, precondition: Precondition) -> User | None:
        if user.get("email") != changes.set["email"]:
            changes = copy.copy(changes)
            changes.removed = [*changes.removed, EMAIL_VERIFIED]
        return super()._update_email(user, changes, precondition)

    def _transact(self, actions: Mapping[str, Action]) -> Refused:
        return super()._transact({**actions, **self._tombstone(actions["user"])})

    def _tombstone(self, action: Action) -> dict[str, Action]:
        """The tombstone of a deletion, which has the version that the condition of the deletion requires."""
        if "Delete" not in action:
            return {}
        delete = action["Delete"]
        user_id, version = delete["Key"]["userId"]["S"], int(delete["ExpressionAttributeValues"][":0"]["N"])
        made = put_tombstone(self._keys, user_id, version, self.caller, int(self._clock()))
        return {"tombstone": made}
