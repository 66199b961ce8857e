"""Verified emails: the mark of a user, and the links that make it.

The mark is the email itself, in the user's item. It counts only while the user has this email. A write of the mark
changes nothing that clients see: neither the version nor the time of the user, and no event follows.
"""

from __future__ import annotations

from dynamodb.values import to_item
from users.attributed import EMAIL_VERIFIED
from users.expressions import Expression
from users.reading import UserReader, check_id, not_found
from users.transaction import transact
from users.user import user_key
from verification.links import is_link

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from users.items import Action
    from users.reading import Call
    from users.user import Item
    from verification.links import Links

USED_SECONDS = 2 * 86_400  # longer than a link is good


class VerifiedEmails(UserReader):
    """The marks of users, to be read."""

    def verified(self, user_id: str) -> bool:
        """Whether the user has verified the email that it has now. Raises UserNotFound."""
        check_id(user_id)
        item = self._item(user_id)
        if not item:
            raise not_found()
        return EMAIL_VERIFIED in item and item[EMAIL_VERIFIED] == item.get("email")


class Verification(UserReader):
    """Makes the marks of users. A table keeps the links that were used."""

    def __init__(
        self,
        call: Call,
        users_table: str,
        mail_table: str,
        links: Links,
        *,
        clock: Callable[[], float],
        new_token: Callable[[], str],
        pause: Callable[[int], None],
    ) -> None:
        super().__init__(call, users_table)
        self._used = mail_table
        self._links = links
        self._clock = clock
        self._new_token = new_token
        self._pause = pause

    def confirm(self, user_id: str, token: str) -> bool:
        """Mark the email that a link was made for; False, and no change, if the link does not hold or was used."""
        email = _email(self._item(user_id)) if is_link(user_id, token) else ""
        if not email or not self._links.holds(user_id, email, token):
            return False
        actions = {"user": self._mark(user_id, email), "link": self._use(token)}
        return not transact(self._call, actions, self._new_token(), self._pause)

    def _mark(self, user_id: str, email: str) -> Action:
        guard = Expression().require_exists("userId").require("email", "=", email)
        update = guard.assignment({EMAIL_VERIFIED: email})
        return {"Update": guard.condition(TableName=self._users, Key=user_key(user_id), UpdateExpression=update)}

    def _use(self, token: str) -> Action:
        used: dict[str, str | int] = {"key": f"used-link#{token}", "expiresAt": int(self._clock()) + USED_SECONDS}
        return {"Put": Expression().require_absent("key").condition(TableName=self._used, Item=to_item(used))}


def _email(item: Item | None) -> str:
    """The email in an item; '' if it has none that is a string."""
    return str((item or {}).get("email", {}).get("S", ""))
