"""Requests to the API: credentials, attempts, and a failure for each response that is not a success."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx

from users_cli import __version__, waits
from users_cli.failures import Refused, Unreachable, WrongUsage, refusal

User = dict[str, Any]
SECONDS = 40.0  # API Gateway ends a request after 29
PAGE = 1000  # users that one request returns at most
BUSY = frozenset({429, 502, 503, 504})
IN_PROGRESS = "request_in_progress"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Credentials(Protocol):
    """Who calls."""

    def headers(self, *, renew: bool = False) -> dict[str, str]:
        """The headers of a request. `renew` asks for another token, because the last one was not accepted."""
        ...


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine."""
    return (urlsplit(url).hostname or "") in LOOPBACK


def http_client(url: str = "", connections: int = 1) -> httpx.Client:
    """A client; no proxy is asked for an address on this machine."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    agent = {"User-Agent": f"users-cli/{__version__}"}
    return httpx.Client(
        timeout=SECONDS, limits=limits, headers=agent, verify=certificates(), trust_env=not is_loopback(url)
    )


@cache
def certificates() -> ssl.SSLContext:
    """The certificates that are trusted: to load them takes longer than a request."""
    return httpx.create_ssl_context()


class Api:
    """One API. Threads may share it. `attempts` is how often a request is sent at most."""

    def __init__(self, url: str, credentials: Credentials, *, attempts: int = 3, connections: int = 1) -> None:
        self.url = url.rstrip("/")
        self.credentials = credentials
        self.attempts = attempts
        self.gate = waits.Gate()
        self._http = http_client(url, connections)
        self._renewing = threading.Lock()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = False,
    ) -> httpx.Response:
        """The response, if it is a success. Raises Refused, Unreachable.

        A request is sent again after a failure of the network, and while the API is busy, if that does no harm: a GET,
        one with an idempotency key, or one that the caller calls `repeatable`. Any request is sent again after a 429,
        or if no connection could be made, because the API has not seen it. `body` is JSON unless it is bytes.
        """
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        sent = {**(headers or {}), **({} if content is None else {"Content-Type": "application/json"})}
        harmless = repeatable or method == "GET" or "Idempotency-Key" in sent
        request = {"params": params, "content": content, "headers": sent}
        for attempt in range(self.attempts):
            last = attempt + 1 == self.attempts
            self.gate.wait()
            try:
                response = self._sent(method, path, request)
            except httpx.RequestError as error:
                if last or not (harmless or isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)):
                    raise unreachable(self.url, error) from None
                self.gate.hold(waits.backoff(attempt))
                continue
            if response.is_success:
                return of_the_api(response)
            problem = problem_of(response)
            seconds = wait_before_next(response, problem, attempt, harmless=harmless)
            if last or seconds is None:
                raise refusal(response.status_code, problem, by_token="Authorization" in response.request.headers)
            self.gate.hold(seconds)
        raise AssertionError("the last attempt returns or raises")

    def _sent(self, method: str, path: str, request: dict[str, Any]) -> httpx.Response:
        """The response to one attempt; after a 401, to one more with a new token."""
        known = self.credentials.headers()
        headers = request["headers"]
        for name, value in {**headers, **known}.items():
            if not (value.isascii() and value.isprintable()):
                raise WrongUsage(f"{name} has characters that no header can have.")
        response = self._http.request(method, self.url + path, **{**request, "headers": {**headers, **known}})
        if response.status_code != 401:
            return response
        with self._renewing:
            renewed = self.credentials.headers()
            if renewed == known:  # no other thread was faster
                renewed = self.credentials.headers(renew=True)
        if renewed == known:
            return response
        return self._http.request(method, self.url + path, **{**request, "headers": {**headers, **renewed}})

    def pages(self, path: str, params: Mapping[str, str | int]) -> Iterator[dict[str, Any]]:
        """The pages of a list. Raises Refused, Unreachable."""
        asked = dict(params)
        while True:
            page = self.request("GET", path, params=asked).json()
            yield page
            if not page["hasMore"]:
                return
            asked["lastKey"] = page["lastKey"]

    def items(self, path: str, params: Mapping[str, str | int], most: int, name: str = "users") -> Iterator[User]:
        """The first items of a list, `most` at most. Raises Refused, Unreachable."""
        left = most
        for page in self.pages(path, {**params, "limit": max(1, min(PAGE, most))}):
            yield from page[name][:left]
            left -= len(page[name])
            if left <= 0:
                return


def wait_before_next(
    response: httpx.Response, problem: Mapping[str, Any], attempt: int, *, harmless: bool
) -> float | None:
    """Seconds until the next attempt; None if there is none."""
    status = response.status_code
    if not (status == 429 or (harmless and (status in BUSY or problem.get("code") == IN_PROGRESS))):
        return None
    seconds = waits.asked(response.headers.get("Retry-After"))
    if seconds is None:
        return waits.backoff(attempt)
    return seconds if seconds <= waits.LONGEST_ASKED else None


def of_the_api(response: httpx.Response) -> httpx.Response:
    """The response, if it is JSON: a page that a network puts before the API is not. Raises Refused."""
    try:
        if isinstance(response.json(), dict):
            return response
    except ValueError:
        pass
    raise Refused(f"{response.url} responds, but it is not the API.")


def problem_of(response: httpx.Response) -> dict[str, Any]:
    """The problem document of a response; one made of its status where something before the API has responded."""
    try:
        problem = response.json()
    except ValueError:
        problem = None
    if isinstance(problem, dict) and ("detail" in problem or "title" in problem):
        return problem
    said = problem.get("message") if isinstance(problem, dict) else None
    detail = str(said or f"The response has the status {response.status_code} and is not one of the API.")
    return {"status": response.status_code, "code": "not_the_api", "detail": detail}


def unreachable(url: str, error: Exception) -> Unreachable:
    """The failure when nothing responds."""
    return Unreachable(f"Nothing responds at {url} ({error or type(error).__name__}).")
