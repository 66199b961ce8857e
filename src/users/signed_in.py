"""Users of a stack with sign-in: a person reaches their own record, and a deleted person stays deleted."""

from __future__ import annotations

import copy

from users.attributed import AttributedUsers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from users.items import Action
    from users.model import Changes
    from users.transaction import Refused
    from users.user import Item, User
    from utils.preconditions import Precondition


class SignedInUsers(AttributedUsers):
    """The repository of one caller, who reaches all users or only their own record."""

    _own = False
    _subject: str | None = None  # the person of the record that was read

    def only_of(self, subject: str, signed_in_at: int = 0) -> None:
        """Restrict this repository to the record of one person, who signed in at this time."""
        from users.ownership import own_records

        self._own = True
        self._call = own_records(self._call, self._users, subject, signed_in_at)

    def update(self, user_id: str, changes: Changes, precondition: Precondition) -> User:
        """As without sign-in. A person's email must stay as it is. Raises EmailManagedBySignIn too."""
        if not self._own or "email" not in changes.set:
            return super().update(user_id, changes, precondition)
        from users.errors import EmailManagedBySignIn, InvalidUser

        kept = copy.copy(changes)
        kept.set = {name: value for name, value in changes.set.items() if name != "email"}
        kept.expected = {**changes.expected, "email": changes.set["email"]}
        try:
            return super().update(user_id, kept, precondition)
        except InvalidUser as error:
            if any(each["pointer"] == "/email" for each in error.errors):
                raise EmailManagedBySignIn from None
            raise

    def _item(self, user_id: str) -> Item | None:
        item = super()._item(user_id)
        self._subject = (item or {}).get("subject", {}).get("S")
        return item

    def _transact(self, actions: Mapping[str, Action]) -> Refused:
        """Raises AccessDenied if the administrator who shuts a person out is none any more."""
        refused = super()._transact({**actions, **self._burial(actions["user"])})
        if "administrator" in refused:
            from users.errors import AccessDenied

            raise AccessDenied
        return refused

    def _tombstone(self, action: Action) -> dict[str, Action]:
        """It names the person too, whom the user pool then forgets."""
        made = super()._tombstone(action)
        if made and self._subject:
            made["tombstone"]["Put"]["Item"]["subject"] = {"S": self._subject}
        return made

    def _burial(self, action: Action) -> dict[str, Action]:
        """The tombstone of a person whose record goes. The deletion requires the version that was read."""
        if "Delete" not in action or not self._subject:
            return {}
        from users.people import bury

        return {"person": bury(self._keys, self._subject, int(self._clock())), **self._shutting_out()}

    def _shutting_out(self) -> dict[str, Action]:
        """The condition of a write that shuts out the person of the record that was read.

        The administrator who makes it must remain one. Therefore two who shut each other out do not both succeed, and
        one is left. People go by their own will, and a machine is no administrator.
        """
        kind, _, administrator = self.caller.partition(":")
        if kind != "sub" or administrator == self._subject:
            return {}
        from users.people import still_administrator

        return {"administrator": still_administrator(self._keys, administrator)}
