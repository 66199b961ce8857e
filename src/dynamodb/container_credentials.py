"""Temporary credentials from the container's endpoint, renewed ahead of their end.

The endpoint of Lambda (SnapStart), ECS and EKS: AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI, with
AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE or _TOKEN.
"""

from __future__ import annotations

import json
import threading
import time
from datetime import datetime

from dynamodb.connection import Connector
from dynamodb.endpoints import Endpoint, host_and_port
from dynamodb.errors import ConfigurationError, NoResponse
from dynamodb.signing import Credentials
from utils.deadline import Deadline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Fetch = Callable[[float], bytes]

RENEW_AHEAD = 15 * 60.0  # seconds before they expire: renewal begins.
TRY_EVERY = 30.0  # seconds between attempts while the old ones still do
LAST_USE = 60.0  # seconds before they expire: the old ones are not used any more.
RENEWAL_TIMEOUT = 1.0  # seconds a request gives to a renewal it could do without
ECS_HOST = "169.254.170.2"
PLAIN_HTTP_HOSTS = frozenset({ECS_HOST, "169.254.170.23", "fd00:ec2::23", "localhost", "::1"})


class ContainerCredentials:
    """Called with a timeout in seconds, returns credentials that stay valid for a while. Threads share it."""

    def __init__(self, fetch: Fetch, now: Callable[[], float] = time.time) -> None:
        self._fetch = fetch
        self._now = now
        self._lock = threading.Lock()
        self._current: Credentials | None = None
        self._renew_at = 0.0
        self._unusable_at = 0.0

    def __call__(self, timeout: float) -> Credentials:
        """Credentials valid now; NoResponse when there are none to be had within `timeout` seconds."""
        current = self._current
        now = self._now()
        if current is not None and now < self._unusable_at:
            return current if now < self._renew_at else self._renewed_or(current, min(timeout, RENEWAL_TIMEOUT))
        return self._renewed(timeout)

    def _renewed_or(self, current: Credentials, timeout: float) -> Credentials:
        if not self._lock.acquire(blocking=False):
            return current  # another thread is at it
        try:
            self._renew_at = self._now() + TRY_EVERY
            return self._renew(timeout)
        except NoResponse:
            return current
        finally:
            self._lock.release()

    def _renewed(self, timeout: float) -> Credentials:
        until = Deadline(timeout)
        if not self._lock.acquire(timeout=max(timeout, 0)):
            raise NoResponse("no credentials in time", sent=False)
        try:
            if self._current is not None and self._now() < self._unusable_at:
                return self._current  # another thread brought them
            return self._renew(until.remaining())
        finally:
            self._lock.release()

    def _renew(self, timeout: float) -> Credentials:
        try:
            members = json.loads(self._fetch(timeout))
            credentials = Credentials(members["AccessKeyId"], members["SecretAccessKey"], members["Token"])
            end = datetime.fromisoformat(members["Expiration"]).timestamp()
        except (ValueError, LookupError, TypeError, AttributeError, ConfigurationError):
            raise NoResponse("the container's credentials cannot be read", sent=False) from None
        now = self._now()
        if end - LAST_USE <= now:
            raise NoResponse("the container's credentials have expired", sent=False)
        self._current = credentials
        self._unusable_at = end - LAST_USE
        self._renew_at = max(end - RENEW_AHEAD, now + TRY_EVERY)
        return credentials


def from_environment(environ: Mapping[str, str]) -> ContainerCredentials:
    """Reads the address now, the token at every renewal; ConfigurationError for none, or one not to be asked."""
    relative = environ.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
    url = f"http://{ECS_HOST}{relative}" if relative else environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    if not url:
        raise ConfigurationError(
            "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_CONTAINER_CREDENTIALS_FULL_URI;"
            " profiles, web identity and instance metadata need DYNAMODB_CLIENT=boto3"
        )
    endpoint = address(url)
    bundle = environ.get("AWS_CA_BUNDLE", "")
    connector = Connector(endpoint.host, endpoint.port, tls=endpoint.tls, bundle=bundle)
    return ContainerCredentials(lambda timeout: _fetched(connector, endpoint, _token(environ), timeout))


def address(url: str) -> Endpoint:
    """The endpoint of a credentials URL. Plain http goes to this machine and the container services only."""
    scheme, _, rest = url.partition("://")
    authority, _, path = rest.partition("/")
    host, port = host_and_port(authority)
    plain = scheme == "http" and (host in PLAIN_HTTP_HOSTS or (host.startswith("127.") and _is_ipv4(host)))
    if not (plain or scheme == "https") or not host or not _is_header_safe(path) or " " in path:
        raise ConfigurationError("credentials must come over https, or over http from this machine")
    return Endpoint(host, "", port or (80 if plain else 443), f"/{path}", tls=not plain)


def _is_ipv4(host: str) -> bool:
    parts = host.split(".")
    return len(parts) == 4 and all(part.isascii() and part.isdigit() and int(part) < 256 for part in parts)


def _is_header_safe(value: str) -> bool:
    return value.isascii() and value.isprintable()


def _token(environ: Mapping[str, str]) -> str:
    path = environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
    if not path:
        return environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise NoResponse("the container's authorization token cannot be read", sent=False) from error


def _fetched(connector: Connector, endpoint: Endpoint, token: str, timeout: float) -> bytes:
    if not _is_header_safe(token):
        raise NoResponse("the container's authorization token is not a valid header", sent=False)
    until = Deadline(timeout)
    connection = connector.connect(timeout)
    authorization = f"authorization: {token}\r\n" if token else ""
    request = (
        f"GET {endpoint.path} HTTP/1.1\r\nhost: {endpoint.host_header}\r\naccept: application/json\r\n"
        f"{authorization}connection: close\r\n\r\n"
    )
    try:
        status, _, body = connection.exchange(request.encode("ascii"), until.remaining())
    except NoResponse as error:
        raise NoResponse(f"no credentials from the container: {error}", sent=False) from error
    finally:
        connection.close()
    if status != 200:
        raise NoResponse(f"the container's credentials endpoint responded with {status}", sent=False)
    return body
