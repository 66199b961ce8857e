"""PUT and PATCH /users/{userId} - the handler of this route, if there are two Regions: only the home Region writes."""

from __future__ import annotations

from handlers.update_user import update_user
from regional import wiring
from utils.http import endpoint

lambda_handler = endpoint(wiring.at_home(update_user), users=wiring.users, home=wiring.home)
