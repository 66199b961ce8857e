"""PUT and PATCH /users/{userId}, PUT and PATCH /users/me - the handler of these routes, for a stack with sign-in."""

from __future__ import annotations

from guard import OWNER_OR_WRITERS, guarded, users
from handlers.update_user import update_user
from utils.http import endpoint

lambda_handler = endpoint(guarded(update_user, OWNER_OR_WRITERS), users=users)
