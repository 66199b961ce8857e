"""POST /users/{userId}/avatar - a form by which the client uploads a picture of a user."""

from __future__ import annotations

import wiring
from avatars import wiring as own
from guard import OWNER_OR_WRITERS, permitted
from pictures.errors import InvalidUpload
from pictures.keys import TYPES
from utils.http import endpoint
from utils.response import ok
from utils.validation import Field, validated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from avatars.access import Access
    from users.reading import UserReader
    from utils.http import Request
    from utils.response import Response
    from utils.validation import Reason


def _image(value: object) -> Reason | None:
    return None if value in TYPES else ("invalid_value", f"must be one of {', '.join(TYPES)}.")


FIELDS = {"contentType": Field(_image, required=True)}


def create_upload(request: Request, users: UserReader, access: Access) -> Response:
    """200 with the form."""
    content_type = validated(request.json(), FIELDS, InvalidUpload)["contentType"]
    user = users.get(request.path["userId"])
    return ok(access.upload(user["userId"], content_type))


lambda_handler = endpoint(permitted(create_upload, OWNER_OR_WRITERS), users=wiring.reader, access=own.access)
