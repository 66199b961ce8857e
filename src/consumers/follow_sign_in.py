"""FollowSignInQueue - sets the user pool to what a record says of its person.

Twice and in any order is harmless: an event only says where to look, and the record or its tombstone says what counts.
"""

from __future__ import annotations

from consumers import wiring
from users.events import DELETED, SCHEMA_VERSIONS, UPDATED
from users.ownership import SIGNED_OUT_AT, STATUS
from utils.caller import ADMINS
from utils.consumer import Unprocessable, queue_consumer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.user_pool import UserPool
    from users.standing import Standing
    from utils.consumer import Event


def follow_sign_in(event: Event, find: Callable[[str], Standing | None], pool: UserPool) -> None:
    """Bring the pool up to date with one record. A record that never was a person's needs nothing."""
    changed, actor = set(event.detail["changed"]), event.detail["actor"]
    person = find(str(event.detail["userId"]))
    if not person:
        return
    if person.deleted:
        pool.delete(person.subject)
        return
    if person.disabled:
        pool.disable(person.subject)
    elif STATUS in changed:  # a person who was disabled in the pool alone stays so
        pool.enable(person.subject)
    if person.roles is not None:  # a record without roles leaves the groups as they are
        pool.set_member(person.subject, ADMINS, ADMINS in person.roles)
    if SIGNED_OUT_AT in changed:
        pool.sign_out(person.subject)
    came_from_pool = actor == {"type": "person", "id": person.subject}
    if "email" in changed and not came_from_pool and not pool.set_email(person.subject, person.email):
        raise Unprocessable("another person of the user pool signs in with the email")


_TYPES = {name: SCHEMA_VERSIONS[name] for name in (UPDATED, DELETED)}

lambda_handler = queue_consumer(
    follow_sign_in, _TYPES, failures=wiring.failures, find=wiring.find_person, pool=wiring.user_pool
)
