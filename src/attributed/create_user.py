"""POST /users - the handler of this route, for a stack with events: the write names its caller."""

from __future__ import annotations

from attributed import wiring
from handlers.create_user import create_user
from utils.http import endpoint

lambda_handler = endpoint(wiring.by_caller(create_user), users=wiring.users)
