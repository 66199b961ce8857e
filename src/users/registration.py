"""The record of a person who signs in: linked if there is one with the verified email, else created.

Sign-in calls for each token, so most calls find everything done and read one item. Any number of calls may run at once:
the item of the person is written only if there is none, in the transaction that links or creates the record.
"""

from __future__ import annotations

from dynamodb.errors import ConditionalCheckFailed
from users.email_address import canonical
from users.errors import EmailInUse, UserNotFound
from users.expressions import Expression
from users.items import email_key
from users.model import FIELDS, Changes, invalid
from users.ownership import STATUS, SUBJECT
from users.people import DELETED, DISABLED, ROLES, claim, subject_key
from users.reading import user_from
from users.repository import no_earlier
from users.signed_in import SignedInUsers
from users.transaction import TRIES
from utils.errors import InvalidFields, ServiceUnavailable
from utils.preconditions import precondition
from utils.response import ok
from utils.timestamps import rfc3339
from utils.validation import validated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from users.items import Action
    from users.people import People
    from users.transaction import Refused
    from users.user import User
    from utils.idempotency import IdempotencyKey
    from utils.response import Response


class SignInRefused(Exception):
    """A person may not sign in. The text is for that person: the sign-in page shows it."""


class AlreadyRegistered(Exception):
    """Another call has registered the person in the meantime."""


class Person:
    """A person as the user pool knows them."""

    __slots__ = ("email", "email_verified", "name", "subject")

    def __init__(self, subject: str, email: str, *, email_verified: bool, name: str = "") -> None:
        self.subject = subject
        self.email = email
        self.email_verified = email_verified
        self.name = name


class Registration(SignedInUsers):
    """The repository of people who sign in."""

    person: Person

    def register(self, person: Person, people: People) -> str:
        """The id of the person's record. Raises SignInRefused, ServiceUnavailable."""
        self.person = person
        self.by(f"sub:{person.subject}")
        for attempt in range(TRIES):
            known = people.item(person.subject)
            status = known.get(STATUS, {}).get("S")
            if status in (DISABLED, DELETED):
                raise SignInRefused(f"This user is {status}.")
            try:
                return self._follow_email(known) if known else self._link_or_create()
            except (AlreadyRegistered, ConditionalCheckFailed, EmailInUse, UserNotFound):
                self._pause(attempt)  # the state has changed: look again
        raise ServiceUnavailable

    def _follow_email(self, known: Mapping[str, Any]) -> str:
        """Take over an email that the person has changed at the sign-in since the last call.

        Raises UserNotFound or ConditionalCheckFailed if the person goes meanwhile.
        """
        user_id, person = str(known["userId"]["S"]), self.person
        if known.get("email") == {"S": person.email} or not person.email_verified:
            return user_id
        try:
            self.update(user_id, Changes({"email": self._members()["email"]}), precondition({}))
        except EmailInUse:
            raise SignInRefused("Another user has your email. Ask an administrator.") from None
        same = Expression().require("userId", "=", user_id)
        text = same.assignment({"email": person.email})
        request = same.condition(TableName=self._keys, Key=subject_key(person.subject), UpdateExpression=text)
        self._call("UpdateItem", request)
        return user_id

    def _link_or_create(self) -> str:
        """Raises AlreadyRegistered or EmailInUse if the state changes meanwhile."""
        if not self.person.email_verified:
            raise SignInRefused("Your email is not verified.")
        members = self._members()
        owner = self._owner_of(members["email"])
        return self._link(owner) if owner else self._create(members)

    def _members(self) -> dict[str, Any]:
        """The fields of a new record. A name that breaks the rules for names is replaced by the email's local part."""
        email = self.person.email
        local = email.partition("@")[0]
        for name in (self.person.name, local, "New user"):
            try:
                return validated({"name": name, "email": email}, FIELDS, invalid)
            except InvalidFields as error:
                problem = error
                if any(each["pointer"] == "/email" for each in error.errors):
                    break
        raise SignInRefused(str(problem))

    def _owner_of(self, email: str) -> str | None:
        key = {"key": {"S": email_key(email)}}
        found = self._call("GetItem", {"TableName": self._keys, "Key": key, "ConsistentRead": True}).get("Item")
        return str(found["userId"]["S"]) if found else None

    def _link(self, user_id: str) -> str:
        """Make a record without a person that of this one, on the version that is read."""
        item = self._item(user_id)
        if not item:
            raise EmailInUse  # the record has gone, or is not there yet
        if item.get(SUBJECT) == {"S": self.person.subject}:
            raise AlreadyRegistered
        if STATUS in item:
            raise SignInRefused("This user is disabled.")
        if SUBJECT in item:
            raise SignInRefused("Another person has signed in with your email. Ask an administrator.")
        user = user_from(item)
        if canonical(user["email"]) != canonical(self.person.email):
            raise EmailInUse
        guard = Expression().require("version", "=", user.version).require_absent(SUBJECT)
        changes = Changes({})
        changes.set = {SUBJECT: self.person.subject}
        now = no_earlier(rfc3339(self._clock()), user)
        update = self._changes(guard, user_id, changes, now, self._new_token())
        person = self._claim(user_id, item.get(ROLES, {}).get("S"))
        actions: dict[str, Action] = {"user": {"Update": update}, "person": person}
        if self._transact(actions):
            raise AlreadyRegistered
        return user_id

    def _create(self, members: Mapping[str, Any]) -> str:
        made: list[User] = []

        def answer(user: User) -> Response:
            made.append(user)
            return ok(user)

        self.create(members, answer)
        return str(made[-1]["userId"])

    def _creation(self, user: User, key: IdempotencyKey | None, response: Response) -> dict[str, Action]:
        actions = super()._creation(user, key, response)
        actions["user"]["Put"]["Item"][SUBJECT] = {"S": self.person.subject}
        return {**actions, "person": self._claim(user["userId"])}

    def _transact(self, actions: Mapping[str, Action]) -> Refused:
        refused = super()._transact(actions)
        if "person" in refused:
            raise AlreadyRegistered
        return refused

    def _claim(self, user_id: str, roles: str | None = None) -> Action:
        return claim(self._keys, self.person.subject, user_id, self.person.email, roles)
