"""GET /users - the handler of this route, for a service with two Regions: it writes in the home Region only."""

from __future__ import annotations

from handlers.list_users import PARAMETERS, list_users
from regional.wiring import cursors
from utils.http import endpoint
from wiring import reader

lambda_handler = endpoint(list_users, PARAMETERS, users=reader, cursors=cursors)
