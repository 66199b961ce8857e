"""The API as the drill calls it: requests with retries, the users of a drill, and a run over all operations."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

SECONDS = 30.0  # for one request
TRIES = 30
AGAIN = frozenset({429, 500, 502, 503, 504})
MOST_IN_PAGE = 100

Answer = tuple[int, dict[str, str], Any]  # status, headers with lower-case names, JSON or None


class ApiFailed(Exception):
    """The API did not do what it promises; the text says what."""


class Api:
    """The API at a URL, with an API key if it needs one."""

    def __init__(self, url: str, key: str = "", pause: float = 1.0) -> None:
        if not url.startswith(("https://", "http://")):
            raise ApiFailed(f"{url} is no URL")
        self._url, self._pause = url.rstrip("/"), pause
        self._headers = {"Content-Type": "application/json", **({"X-Api-Key": key} if key else {})}

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a request, again while the API asks for that. Every request here may be repeated."""
        data = None if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        for _ in range(TRIES):
            # the URL has a scheme that was checked above
            request = urllib.request.Request(f"{self._url}{path}", data, {**self._headers, **named}, method=method)  # noqa: S310
            try:
                with urllib.request.urlopen(request, timeout=SECONDS) as response:  # noqa: S310
                    return read(response.status, response)
            except urllib.error.HTTPError as error:
                found = read(error.code, error)
            except OSError as error:
                found = (0, {}, {"detail": str(error)})
            if found[0] and found[0] not in AGAIN:
                return found
            time.sleep(float(found[1].get("retry-after", self._pause)))
        raise ApiFailed(f"{method} {path}: {found[0]} {found[2]}")

    def expect(self, wanted: set[int], method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """A response with one of these statuses. Raises ApiFailed."""
        found = self.request(method, path, body, **headers)
        if found[0] not in wanted:
            raise ApiFailed(f"{method} {path}: {found[0]} {found[2]}, expected {sorted(wanted)}")
        return found

    def users(self) -> Iterator[dict[str, Any]]:
        """All users of the list."""
        query = {"limit": str(MOST_IN_PAGE)}
        while True:
            page = self.expect({200}, "GET", f"/users?{urlencode(query)}")[2]
            yield from page["users"]
            if not page.get("hasMore"):
                return
            query["lastKey"] = page["lastKey"]

    def create(self, name: str, email: str, key: str) -> dict[str, Any]:
        """Create a user. Again with the same key it is the same user. Raises ApiFailed."""
        body = {"name": name, "email": email}
        made: dict[str, Any] = self.expect({201}, "POST", "/users", body, Idempotency_Key=key)[2]
        return made


def read(status: int, response: Any) -> Answer:
    """A response that urllib has opened."""
    text = response.read()
    try:
        body = json.loads(text) if text else None
    except ValueError:
        body = text[:200].decode("utf-8", "replace")
    return status, {name.lower(): value for name, value in response.headers.items()}, body


def use(api: Api, mark: str) -> None:
    """Create, read, change, list and delete a user, and see each rule about emails hold. Raises ApiFailed."""
    email = f"{mark}-use@example.com"
    user = api.create("Drill", email, f"{mark}-use")
    path = f"/users/{user['userId']}"
    _, headers, found = api.expect({200}, "GET", path)
    if found != user:
        raise ApiFailed(f"GET {path}: another user than was created")
    taken = {"name": "Second", "email": email.upper()}
    api.expect({409}, "POST", "/users", taken, Idempotency_Key=f"{mark}-taken")
    changed = api.expect({200}, "PUT", path, {"email": f"{mark}-changed@example.com"}, If_Match=headers["etag"])[2]
    api.expect({412}, "PUT", path, {"name": "Late"}, If_Match=headers["etag"])
    if changed not in list(api.users()):
        raise ApiFailed("GET /users: the changed user is not in the list")
    second = api.create("Second", email, f"{mark}-free")  # the email is free again
    for user_id in (user["userId"], second["userId"]):
        api.expect({200}, "DELETE", f"/users/{user_id}")
        api.expect({404}, "GET", f"/users/{user_id}")
