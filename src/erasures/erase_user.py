"""POST /admin/users/{userId}/erase - remove a person from every place that the system keeps them in."""

from __future__ import annotations

from contextlib import suppress

from erasing import wiring
from erasing.receipts import Overtaken
from erasing.shown import shown
from guard import ADMINS, permitted
from users.administration import OwnAdministration
from users.reading import not_found
from utils.http import endpoint
from utils.response import NO_STORE, Response, to_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from erasing.person import Person
    from erasing.receipts import Receipt, Receipts
    from utils.http import Request

    Find = Callable[[str, str], Person | None]


def erase_user(request: Request, receipts: Receipts, find: Find) -> Response:
    """202 with the receipt, which is the same each time.

    An erasure that is completed goes through all places again, and one that has stopped goes on.
    """
    user_id = request.path["userId"]
    receipt = begun(user_id, request.caller, receipts, find)
    with suppress(Overtaken):  # by a request of the same moment, or by the erasure itself
        receipts.again(receipt)
    headers = {
        "Content-Type": "application/json",
        "Cache-Control": NO_STORE,
        "Location": f"{request.location.removesuffix('/erase')}/erasure",
    }
    return Response(202, to_json(shown(receipt)) + "\n", headers)


def begun(user_id: str, caller: str, receipts: Receipts, find: Find) -> Receipt:
    """The receipt, new or not. Raises UserNotFound, OwnAdministration."""
    person = find(user_id, caller)
    if person and person.subject and caller == f"sub:{person.subject}":
        raise OwnAdministration
    found = receipts.get(user_id)
    if found:
        return found
    if not person:
        raise not_found()
    return receipts.begin(person)


lambda_handler = endpoint(permitted(erase_user, ADMINS), receipts=wiring.receipts, find=wiring.find)
