"""DELETE /users/{userId}, DELETE /users/me - the handler of these routes, for a stack with sign-in."""

from __future__ import annotations

from guard import OWNER_OR_WRITERS, guarded, users
from handlers.delete_user import delete_user
from utils.http import endpoint

lambda_handler = endpoint(guarded(delete_user, OWNER_OR_WRITERS), users=users)
