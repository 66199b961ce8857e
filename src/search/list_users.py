"""GET /users - the handler of this route, for a stack with search.

A request without a parameter of the search gets the plain list. The modules of the search are loaded for the others.
"""

from __future__ import annotations

import wiring
from guard import READERS, permitted
from handlers.list_users import list_users
from search.parameters import PARAMETERS, check_together
from search.wiring import searching
from utils.http import endpoint
from utils.paging import limit_of
from utils.response import REVALIDATE, ok

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from search.cursors import PlaceCursors
    from search.finder import Finder
    from users.cursors import Cursors
    from users.reading import UserReader
    from users.user import User
    from utils.http import Request
    from utils.response import Response

PLAIN = frozenset(["limit", "lastKey"])
# The characters of a query in a Link that need no escape (RFC 3986, unreserved).
_PLAIN_TEXT = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def search_users(
    request: Request, users: UserReader, cursors: Cursors, searching: Callable[[], tuple[Finder, PlaceCursors]]
) -> Response:
    """200 with a page of the users that the query finds."""
    if PLAIN.issuperset(request.query):
        return list_users(request, users, cursors)
    check_together(request.query)
    finder, places = searching()
    if "email" in request.query:
        found = finder.by_email(request.query["email"])
        return _answer(request, [found] if found else [], finder)
    from search.query import Query

    query = Query(request.query)
    last_key: str | None = request.query.get("lastKey")
    after = places.decode_place(last_key, query.bound_to) if last_key is not None else None
    page, place = finder.page(query, limit_of(request), after)
    return _answer(request, page, finder, places.encode_place(place, query.bound_to) if place else None)


def _answer(request: Request, users: list[User], finder: Finder, last_key: str | None = None) -> Response:
    page: dict[str, Any] = {
        "users": [_shown(user, request.query.get("fields")) for user in users],
        "count": len(users),
        "hasMore": last_key is not None,
    }
    if request.query.get("total") == "true":
        page["total"], page["totalAsOf"] = finder.total()
    if last_key is None:
        return ok(page, cache=REVALIDATE)
    page["lastKey"] = last_key
    return ok(page, cache=REVALIDATE, Link=f'<{_next(request, last_key)}>; rel="next"')


def _shown(user: User, fields: str | None) -> dict[str, Any]:
    if fields is None:
        return user
    names = {"userId", *fields.split(",")}
    return {name: value for name, value in user.items() if name in names}


def _next(request: Request, last_key: str) -> str:
    kept = {**request.query, "limit": limit_of(request), "lastKey": last_key}
    return f"{request.location}?" + "&".join(f"{name}={_escaped(str(value))}" for name, value in kept.items())


def _escaped(text: str) -> str:
    return "".join(
        character if character in _PLAIN_TEXT else "".join(f"%{byte:02X}" for byte in character.encode())
        for character in text
    )


lambda_handler = endpoint(
    permitted(search_users, READERS),
    parameters=PARAMETERS,
    users=wiring.reader,
    cursors=wiring.cursors,
    searching=searching,
)
