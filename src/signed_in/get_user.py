"""GET /users/{userId}, GET /users/me - the handler of these routes, for a stack with sign-in."""

from __future__ import annotations

from guard import OWNER_OR_READERS, guarded, reader
from handlers.get_user import get_user
from utils.http import endpoint

lambda_handler = endpoint(guarded(get_user, OWNER_OR_READERS), users=reader)
