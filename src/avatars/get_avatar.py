"""GET /users/{userId}/avatar - where a user's picture is."""

from __future__ import annotations

import wiring
from avatars import wiring as own
from guard import OWNER_OR_READERS, permitted
from pictures.keys import SIZES
from utils.errors import InvalidQuery
from utils.http import endpoint
from utils.response import REVALIDATE, Response

TYPE_CHECKING = False
if TYPE_CHECKING:
    from avatars.access import Access
    from pictures.records import PictureRecords
    from users.reading import UserReader
    from utils.http import Parameter, Request


def _size(text: str) -> int:
    if text not in map(str, SIZES):
        raise InvalidQuery(f"size must be {' or '.join(map(str, SIZES))}.")
    return int(text)


PARAMETERS: dict[str, Parameter] = {"size": _size}


def get_avatar(request: Request, users: UserReader, records: PictureRecords, access: Access) -> Response:
    """302 to the picture, or 304 when the client has it already. Both have a fresh URL, for caches that keep it."""
    condition = request.headers.get("if-none-match")
    request.precondition  # noqa: B018 - raises InvalidHeader for a header that is none
    user = users.get(request.path["userId"])
    record = records.find(user["userId"])
    size: int = request.query.get("size", SIZES[-1])
    etag = f'"{record["digest"]}-{size}"'
    url = access.url(user["userId"], record, size)
    known = condition is not None and (condition.strip() == "*" or etag in condition)
    return Response(304 if known else 302, "", {"Location": url, "ETag": etag, "Cache-Control": REVALIDATE})


lambda_handler = endpoint(
    permitted(get_avatar, OWNER_OR_READERS),
    parameters=PARAMETERS,
    users=wiring.reader,
    records=own.records,
    access=own.access,
)
