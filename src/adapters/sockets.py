"""API Gateway's connections: sends messages to clients of a WebSocket API, and ends connections."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import BotoCoreError, ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

GONE = 410
AT_ONCE = 32  # messages under way
ATTEMPTS = 2  # a passing failure of one connection is not worth a second message to all
TAKEN, LOST, REFUSED = "taken", "gone", "refused"


class Sockets:
    """The connections of one API. `client` is one of its management API."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(self, connections: Iterable[str], message: str) -> tuple[list[str], list[str]]:
        """Send to each connection; those that are gone, and those that did not take the message."""
        data = message.encode()
        ended = _each(connections, lambda it: self._client.post_to_connection(ConnectionId=it, Data=data))
        return [each for each, result in ended if result == LOST], [each for each, result in ended if result == REFUSED]

    def end(self, connections: Iterable[str]) -> list[str]:
        """End each connection; those that may still be open."""
        ended = _each(connections, lambda it: self._client.delete_connection(ConnectionId=it))
        return [each for each, result in ended if result == REFUSED]


def sockets_at(url: str) -> Sockets:
    """The connections of the API whose management API is at `url`. None of those under way waits for another."""
    from adapters.clients import client

    return Sockets(client("apigatewaymanagementapi", ATTEMPTS, url=url, connections=AT_ONCE))


def _each(connections: Iterable[str], act: Callable[[str], Any]) -> list[tuple[str, str]]:
    """Act on each connection; what became of each."""

    def done(connection_id: str) -> str:
        try:
            act(connection_id)
        except ClientError as error:
            return LOST if error.response["ResponseMetadata"]["HTTPStatusCode"] == GONE else REFUSED
        except BotoCoreError:  # no connection, or no response in time
            return REFUSED
        return TAKEN

    ids = list(connections)
    if not ids:
        return []
    with ThreadPoolExecutor(min(AT_ONCE, len(ids))) as pool:
        return list(zip(ids, pool.map(done, ids), strict=True))
