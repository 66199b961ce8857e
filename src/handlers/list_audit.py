"""GET /users/{userId}/audit - who changed a user, what and when; the newest entries first, a page at a time."""

from __future__ import annotations

from audit import wiring
from audit.entries import cursor, number_in, shown
from guard import ADMINS, permitted
from users.errors import UserNotFound
from users.reading import check_id
from utils.http import endpoint
from utils.paging import PARAMETERS, limit_of, page

TYPE_CHECKING = False
if TYPE_CHECKING:
    from audit.entries import AuditReader
    from utils.http import Request
    from utils.response import Response


def list_audit(request: Request, entries: AuditReader) -> Response:
    """200 with up to `limit` entries, also of a user that was deleted; 404 for a user without any entry."""
    user_id = request.path["userId"]
    check_id(user_id)
    last_key: str | None = request.query.get("lastKey")
    before = number_in(last_key, user_id) if last_key is not None else None
    found, last = entries.page(user_id, limit_of(request), before)
    if not found and before is None:
        raise UserNotFound("The audit trail has no entry of a user with this id.")
    return page(
        request, "entries", [shown(each) for each in found], cursor(user_id, last) if last is not None else None
    )


lambda_handler = endpoint(permitted(list_audit, ADMINS), parameters=PARAMETERS, entries=wiring.entries)
