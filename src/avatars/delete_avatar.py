"""DELETE /users/{userId}/avatar - remove a user's picture."""

from __future__ import annotations

import wiring
from avatars import wiring as own
from guard import OWNER_OR_WRITERS, permitted
from utils.http import endpoint
from utils.response import ok

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pictures.records import PictureRecords
    from users.reading import UserReader
    from utils.http import Request
    from utils.response import Response


def delete_avatar(request: Request, users: UserReader, records: PictureRecords, ticket: str) -> Response:
    """200 with the id of the user. The stream of the records removes the objects."""
    user_id = users.get(request.path["userId"])["userId"]
    records.remove(user_id, ticket)
    return ok({"message": "Avatar deleted.", "userId": user_id})


lambda_handler = endpoint(
    permitted(delete_avatar, OWNER_OR_WRITERS), users=wiring.reader, records=own.records, ticket=own.ticket
)
