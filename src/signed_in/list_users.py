"""GET /users - the handler of this route, for a stack with sign-in."""

from __future__ import annotations

from guard import READERS, guarded, reader
from handlers.list_users import PARAMETERS, list_users
from utils.http import endpoint
from wiring import cursors

lambda_handler = endpoint(guarded(list_users, READERS), PARAMETERS, users=reader, cursors=cursors)
