"""The query parameters of the search: each is read and checked here, and so are their combinations.

The plain list loads this module too, so that what a parameter needs is loaded when it is there.
"""

from __future__ import annotations

from users.user import FIELD_NAMES
from utils.errors import InvalidQuery
from utils.http import whole_number
from utils.paging import PARAMETERS as PAGING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from utils.http import Parameter

SORTS = ("createdAt", "-createdAt", "name", "-name")
LONGEST_QUERY = 200
LONGEST_EMAIL = 254
YOUNGEST, OLDEST = 1, 150
# A time in UTC with seconds or milliseconds, its digits written as zeros.
_TIMES = ("0000-00-00T00:00:00Z", "0000-00-00T00:00:00.000Z")


def _words(text: str) -> str:
    if len(text) > LONGEST_QUERY:
        raise InvalidQuery(f"q must have at most {LONGEST_QUERY} characters.")
    from search.words import Terms

    if not Terms(text).driver:
        raise InvalidQuery("q must have a word of at least two characters.")
    return " ".join(text.split())


def _sort(text: str) -> str:
    if text not in SORTS:
        raise InvalidQuery(f"sort must be one of {', '.join(SORTS)}.")
    return text


def _time(name: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        """The time as ours are written, so that texts compare as times do."""
        from datetime import datetime

        try:
            if text.translate(dict.fromkeys(b"123456789", "0")) in _TIMES:
                return datetime.fromisoformat(text[:-1]).isoformat(timespec="milliseconds") + "Z"
        except ValueError:
            pass  # such as a 30th of February
        raise InvalidQuery(f"{name} must be a time in UTC, such as 2026-01-31T12:00:00Z.")

    return read


def _domain(text: str) -> str:
    from users.email_address import ascii_domain

    domain = ascii_domain(text) if text else None
    if not domain:
        raise InvalidQuery("domain must be a domain name, such as example.com.")
    return domain


def _fields(text: str) -> str:
    names = text.split(",")
    unknown = [name for name in names if name not in FIELD_NAMES]
    if unknown or len(set(names)) < len(names):
        raise InvalidQuery(f"fields must be names from {', '.join(FIELD_NAMES)}, each once, separated by commas.")
    return text


def _total(text: str) -> str:
    if text not in ("true", "false"):
        raise InvalidQuery("total must be true or false.")
    return text


PARAMETERS: dict[str, Parameter] = {
    **PAGING,
    "email": str,
    "q": _words,
    "sort": _sort,
    "createdAfter": _time("createdAfter"),
    "createdBefore": _time("createdBefore"),
    "updatedAfter": _time("updatedAfter"),
    "minAge": whole_number("minAge", YOUNGEST, OLDEST),
    "maxAge": whole_number("maxAge", YOUNGEST, OLDEST),
    "domain": _domain,
    "fields": _fields,
    "total": _total,
}
# These choose the users of a list. `total` counts all users, and an email chooses one.
CHOOSING = ("q", "createdAfter", "createdBefore", "updatedAfter", "minAge", "maxAge", "domain")
WITH_EMAIL = ("email", "fields", "limit")


def check_together(given: Mapping[str, Any]) -> None:
    """Raises InvalidQuery for parameters that do not go together."""
    if "email" in given:
        _refuse("email", [name for name in given if name not in WITH_EMAIL])
    if given.get("total") == "true":
        _refuse("total", [name for name in CHOOSING if name in given])
    if "minAge" in given and "maxAge" in given and given["minAge"] > given["maxAge"]:
        raise InvalidQuery("minAge must not be more than maxAge.")
    if "createdAfter" in given and "createdBefore" in given and given["createdAfter"] >= given["createdBefore"]:
        raise InvalidQuery("createdAfter must be before createdBefore.")


def _refuse(name: str, others: list[str]) -> None:
    if others:
        raise InvalidQuery(f"{name} cannot be combined with {', '.join(others)}.")
