"""One update of one user, made once even if its response is lost.

The database recognizes a repeated transaction by its token. A single update has none, and costs half as much. It
stores its token in `lastWrite`, and if no response comes, the user is read. Either the update was made, or it was not
and is repeated on exactly the version that was read. If neither is certain, the client gets a 503.
"""

from __future__ import annotations

from dynamodb.errors import ConditionalCheckFailed
from users.reading import AnswerLost, user_from
from users.transaction import TRIES
from utils.errors import ServiceUnavailable
from utils.timestamps import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from users.user import Item, User
    from utils.preconditions import Precondition

# Seconds before a write began in which no other can have begun that still was under way: longer than any function runs,
# and than the clocks of two functions differ.
UNDER_WAY = 60.0


class SingleWrite:
    """A write's token, when it began in seconds since the epoch, and what it asks of the version: at most `version`.

    `user` is the user that the write is made on, where that was read: the time of the write is not before its times.
    """

    __slots__ = ("_asked", "_fixed", "_started", "token", "user", "version")

    def __init__(self, token: str, started: float, precondition: Precondition, version: int | None) -> None:
        self.token = token
        self.user: User | None = None
        self.version = version
        self._fixed = version is not None
        self._started = started
        self._asked = precondition.match

    def made_once(
        self,
        send: Callable[[], User],
        read: Callable[[], Item | None],
        refusal: Callable[[Item | None], Exception],
        pause: Callable[[int], None],
    ) -> User:
        """The user after the write. `send` tries it on `version`; `refusal` says what speaks against it."""
        lost: Exception | None = None
        for attempt in range(TRIES):
            try:
                return send()
            except ConditionalCheckFailed as error:
                item, lost = error.item, error if error.uncertain else lost
            except AnswerLost as error:
                lost, item = error.__cause__ or error, read()  # type: ignore[assignment]
            if item and item.get("lastWrite") == {"S": self.token}:
                return user_from(item)
            if lost and not self._surely_not_made(item):
                raise ServiceUnavailable from lost
            self._try_on(item, refusal(item))
            pause(attempt)
        raise ServiceUnavailable from lost

    def _try_on(self, item: Item | None, reason: Exception) -> None:
        """Repeat a write that was surely not made on the version there is; raise what speaks against it."""
        from users.refusals import Moved

        if not item or not isinstance(reason, Moved):
            raise reason
        version = user_from(item).version
        if self._fixed and version != self.version:
            raise reason
        self.version = version

    def _surely_not_made(self, item: Item | None) -> bool:
        """Whether a user that does not show this write cannot have had it and been overtaken since.

        Made and overtaken it would be two versions further, where the write asked for a version; where it did not, the
        user would have been written since the write began.
        """
        if not item:
            return False
        asked = self._asked if self.version is None else [self.version]
        if isinstance(asked, list):
            return all(user_from(item).version < version + 2 for version in asked)
        written: str = user_from(item).get("updatedAt", "9")
        return written < rfc3339(self._started - UNDER_WAY)
