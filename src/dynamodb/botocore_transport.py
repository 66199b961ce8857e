"""botocore as the transport: its credentials, endpoints, signing and HTTP, without its retries.

For what the client's own transport does not do: profiles, web identity, instance metadata, proxies.
"""

from __future__ import annotations

import json
import threading

import botocore.session
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoRegionError,
    SSLError,
)

from dynamodb.errors import ConfigurationError, NoResponse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Answer = tuple[int, Mapping[str, str], bytes]

# Seconds to connect and to read. A botocore client keeps its timeouts, so near a deadline one with less is taken.
TIMEOUTS = ((1.0, 2.0), (0.5, 1.0), (0.25, 0.5), (0.1, 0.25))
# Any other error of botocore ends a request before its first byte: no connection, no credentials.
MAY_BE_SENT = (HTTPClientError, SSLError)


class BotocoreTransport:
    """Sends through a botocore client and returns the raw response. Threads may share it.

    `make(connect, read)` gives a botocore client with these timeouts.
    """

    def __init__(self, make: Callable[[float, float], Any]) -> None:
        self._make = make
        self._clients: dict[tuple[float, float], Any] = {}
        self._lock = threading.Lock()
        self._seen = threading.local()
        self._client(TIMEOUTS[0])

    def open(self, timeout: float) -> None:
        """botocore connects with its first request."""

    def send(self, operation: str, body: bytes, timeout: float) -> Answer:
        """One request, once."""
        self._seen.answer = None
        client = self._client(_timeouts(timeout))
        try:
            getattr(client, xform_name(operation))(**json.loads(body))
        except (BotoCoreError, ClientError) as error:
            if self._seen.answer is None:
                raise NoResponse(f"{type(error).__name__}: {error}", sent=isinstance(error, MAY_BE_SENT)) from error
        answer: Answer = self._seen.answer
        return answer

    def _client(self, timeouts: tuple[float, float]) -> Any:
        with self._lock:
            if timeouts not in self._clients:
                client = self._make(*timeouts)
                client.meta.events.register("before-parse.dynamodb.*", self._keep)
                self._clients[timeouts] = client
            return self._clients[timeouts]

    def _keep(self, response_dict: dict[str, Any], **_: Any) -> None:
        headers = {name.lower(): value for name, value in response_dict["headers"].items()}
        self._seen.answer = (response_dict["status_code"], headers, response_dict["body"])
        response_dict["body"] = b"{}"  # the client judges the answer, whoever brought it: botocore need not read it


def _timeouts(left: float) -> tuple[float, float]:
    return next((pair for pair in TIMEOUTS if sum(pair) <= left), TIMEOUTS[-1])


def from_environment(environ: Mapping[str, str]) -> BotocoreTransport:
    """botocore reads the process's own environment and files, whatever `environ` says besides the region."""
    session = botocore.session.get_session()
    region = environ.get("AWS_REGION") or None

    def make(connect: float, read: float) -> Any:
        config = Config(
            connect_timeout=connect,
            read_timeout=read,
            retries={"total_max_attempts": 1, "mode": "standard"},
            max_pool_connections=32,
            parameter_validation=False,
        )
        return session.create_client("dynamodb", region, config=config)

    try:
        return BotocoreTransport(make)
    except (NoRegionError, ValueError) as error:
        raise ConfigurationError(str(error)) from error
