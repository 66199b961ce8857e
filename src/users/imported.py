"""Users that an import creates."""

from __future__ import annotations

import copy
import re

from dynamodb.values import to_item
from users.attributed import AttributedUsers
from users.errors import EmailInUse
from users.items import email_key
from users.user import is_user_id
from utils.idempotency import IdempotencyKey
from utils.response import Response
from utils.validation import problem_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from users.items import Action
    from users.transaction import Refused
    from users.user import User

    Reason = dict[str, Any]

# The fields of the server that an import may keep, as an export has them.
KEPT = ("userId", "createdAt", "updatedAt")
_TIME = r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z"


class IdInUse(Exception):
    """The row keeps the id of a user that is there. No request can have this problem, only a row."""

    code = "id_in_use"
    title = "Id in use"
    detail = "Another user has this userId."
    errors: tuple[Reason, ...] = ()


class ImportedUsers(AttributedUsers):
    """The repository of one import. A row has an idempotency key, so a row that is repeated creates no second user."""

    brought: Mapping[str, str] = {}

    def create_row(
        self, import_id: str, row: int, members: Mapping[str, Any], brought: Mapping[str, str], caller: str
    ) -> str:
        """Create the user of a row, or find the one that it created before; the user's id.

        Raises EmailInUse, IdInUse, RequestInProgress.
        """
        users = copy.copy(self)
        users.brought, users.caller = brought, caller
        if "userId" in brought:
            users._new_id = lambda: brought["userId"]
        key = IdempotencyKey(f"import:{import_id}", str(row), {**members, **brought})
        return users.create(members, lambda user: Response(201, user["userId"], {}), key).body

    def check_row(self, members: Mapping[str, Any], brought: Mapping[str, str]) -> None:
        """Check that the row would create a user now. Raises EmailInUse, IdInUse, in the order of a creation."""
        if "userId" in brought and self._item(brought["userId"]):
            raise IdInUse
        claim = {"TableName": self._keys, "Key": to_item({"key": email_key(members["email"])}), "ConsistentRead": True}
        if self._call("GetItem", claim).get("Item"):
            raise EmailInUse

    def _creation(self, user: User, key: IdempotencyKey | None, response: Response) -> dict[str, Action]:
        user.update(self.brought)
        return super()._creation(user, key, response)

    def _transact(self, actions: Mapping[str, Action]) -> Refused:
        refused = super()._transact(actions)
        if "userId" in self.brought and "user" in refused and "record" not in refused:
            raise IdInUse
        return refused


def brought_along(document: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str], list[Reason]]:
    """The fields of a row for validation, those of KEPT, and the problems of these."""
    kept = {name: document[name] for name in KEPT if document.get(name) is not None}
    rest = {name: value for name, value in document.items() if name not in KEPT}
    problems = []
    for name, value in kept.items():
        right = isinstance(value, str) and (is_user_id(value) if name == "userId" else bool(re.fullmatch(_TIME, value)))
        if not right:
            wanted = "a UUID in lower case" if name == "userId" else "a time as the API writes it"
            problems.append(problem_of(name, ("invalid_value", f"{name} must be {wanted}.")))
    return rest, kept, problems
