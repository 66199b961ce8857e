"""DELETE /users/{userId} - the handler of this route, if there are two Regions: only the home Region writes."""

from __future__ import annotations

from handlers.delete_user import delete_user
from regional import wiring
from utils.http import endpoint

lambda_handler = endpoint(wiring.at_home(delete_user), users=wiring.users, home=wiring.home)
