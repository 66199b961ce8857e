"""PUT /admin/users/{userId}/roles - give a person these roles and no others."""

from __future__ import annotations

from administration import wiring
from guard import ADMINS, guarded
from users.model import invalid
from utils.caller import ADMINS as ADMINISTRATOR
from utils.http import endpoint
from utils.validation import Field, validated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from users.administration import Administration
    from utils.http import Request
    from utils.response import Response
    from utils.validation import Reason


def _roles(value: object) -> Reason | None:
    if not isinstance(value, list):
        return "invalid_type", "must be a list."
    if any(each != ADMINISTRATOR for each in value):
        return "invalid_roles", f'may only have "{ADMINISTRATOR}".'
    return None


FIELDS = {"roles": Field(_roles, required=True)}


def set_roles(request: Request, users: Administration) -> Response:
    """200 with the user, also if nothing changes. 400 for a role that is not known."""
    user_id = request.path["userId"]
    roles = validated(request.json(), FIELDS, invalid)["roles"]
    key = request.idempotency_key({"setRoles": user_id, "roles": sorted(set(roles))})
    return users.set_roles(user_id, roles, request.precondition, key)


lambda_handler = endpoint(guarded(set_roles, ADMINS), users=wiring.users)
