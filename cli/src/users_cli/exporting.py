"""An export: the list of users, page by page, into a file that is there when it is complete.

Until then there are two files: `NAME.part` has the users so far, and `NAME.users-export` says where to go on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from users_cli.client import PAGE, Api
from users_cli.failures import Refused, WrongUsage
from users_cli.table_files import header, line_of

PART, PLACE = ".part", ".users-export"
EXPIRED = "expired_cursor"


@dataclass
class Place:
    """Where an export is: `size` bytes and `count` users are written. The next page is at `cursor`."""

    url: str
    format: str
    size: int = 0
    count: int = 0
    cursor: str | None = None
    complete: bool = False


class Export:
    """An export into `path`, from where it was stopped if it was."""

    def __init__(self, api: Api, path: Path, form: str, *, restart: bool) -> None:
        self._api = api
        self._path = path
        self._part = path.with_name(path.name + PART)
        self._journal = path.with_name(path.name + PLACE)
        self._restart = restart
        self.place = self._found(form)

    def _found(self, form: str) -> Place:
        """The place to start from. Raises WrongUsage where a stopped export was another one."""
        if self._restart or not (self._journal.exists() and self._part.exists()):
            return Place(self._api.url, form)
        try:
            place = Place(**json.loads(self._journal.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise WrongUsage(f"{self._journal} cannot be read: {error}. To start again, add --restart.") from None
        if (place.url, place.format) != (self._api.url, form) or self._part.stat().st_size < place.size:
            raise WrongUsage(f"{self._journal} is of another export. To start again, add --restart.")
        return place

    def run(self, told: Callable[[int], None]) -> int:
        """Write all users; how many they are. `told` gets the number of users of each page. Raises Failure."""
        place = self.place
        try:
            self._part.touch()
            os.truncate(self._part, place.size)  # the rest is read again
            with self._part.open("ab") as file:
                for page in () if place.complete else pages(self._api, place.cursor):
                    text = "".join(line_of(user, place.format) for user in page["users"])
                    start = "" if place.size else header(place.format)
                    place.size += file.write((start + text).encode())
                    place.count += len(page["users"])
                    place.cursor, place.complete = page.get("lastKey"), not page["hasMore"]
                    file.flush()
                    self._keep(place)
                    told(len(page["users"]))
                os.fsync(file.fileno())
            os.replace(self._part, self._path)
            self._journal.unlink()
        except OSError as error:
            raise WrongUsage(f"{self._path} cannot be written: {error.strerror}.") from None
        except Refused as refusal:
            if refusal.problem.get("code") != EXPIRED:
                raise
            raise WrongUsage("The export was stopped more than a day ago. To start again, add --restart.") from None
        return place.count

    def _keep(self, place: Place) -> None:
        """Write down where to go on: whole, or not at all."""
        new = self._journal.with_name(self._journal.name + ".new")
        new.write_text(json.dumps(vars(place)) + "\n", encoding="utf-8")
        os.replace(new, self._journal)


def pages(api: Api, cursor: str | None) -> Iterator[dict[str, Any]]:
    """The pages of all users from a cursor on."""
    return api.pages("/users", {"limit": PAGE, **({"lastKey": cursor} if cursor else {})})


def total(api: Api) -> int | None:
    """How many users there are; None if the API does not count them."""
    try:
        page = api.request("GET", "/users", params={"limit": 1, "total": "true"}).json()
    except Refused:
        return None  # an API without search
    found = page.get("total")
    return found if isinstance(found, int) else None
