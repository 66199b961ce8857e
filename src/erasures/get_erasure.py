"""GET /admin/users/{userId}/erasure - the receipt of an erasure, after another look at every place."""

from __future__ import annotations

from erasing import wiring
from erasing.errors import ErasureNotFound
from erasing.receipts import person_of
from erasing.shown import verified
from erasing.walk import left
from guard import ADMINS, permitted
from users.user import is_user_id
from utils.errors import ServiceUnavailable
from utils.http import endpoint
from utils.response import ok
from utils.timestamps import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from erasing.receipts import Receipts
    from erasing.walk import Place
    from utils.http import Request
    from utils.response import Response


def get_erasure(
    request: Request,
    receipts: Receipts,
    places: Sequence[Place],
    failures: tuple[type[Exception], ...],
    clock: Callable[[], float],
) -> Response:
    """200 with the receipt and what each place has now. Raises ErasureNotFound, ServiceUnavailable."""
    user_id = request.path["userId"]
    receipt = receipts.get(user_id) if is_user_id(user_id) else None
    if receipt is None:
        raise ErasureNotFound
    person = person_of(receipt)
    try:
        found = {place.name: left(place, person, request.deadline.remaining) for place in places}
    except failures as error:
        raise ServiceUnavailable from error
    return ok(verified(receipt, found, rfc3339(clock())))


lambda_handler = endpoint(
    permitted(get_erasure, ADMINS),
    receipts=wiring.receipts,
    places=wiring.places,
    failures=wiring.outages,
    clock=wiring.clock,
)
