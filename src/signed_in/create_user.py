"""POST /users - the handler of this route, for a stack with sign-in."""

from __future__ import annotations

from guard import WRITERS, guarded, users
from handlers.create_user import create_user
from utils.http import endpoint

lambda_handler = endpoint(guarded(create_user, WRITERS), users=users)
