"""DELETE /users/{userId} - the handler of this route, for a stack with events: the write names its caller."""

from __future__ import annotations

from attributed import wiring
from handlers.delete_user import delete_user
from utils.http import endpoint

lambda_handler = endpoint(wiring.by_caller(delete_user), users=wiring.users)
