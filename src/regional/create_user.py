"""POST /users - the handler of this route, if there are two Regions: only the home Region writes."""

from __future__ import annotations

from handlers.create_user import create_user
from regional import wiring
from utils.http import endpoint

lambda_handler = endpoint(wiring.at_home(create_user), users=wiring.users, home=wiring.home)
