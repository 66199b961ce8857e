"""botocore as the transport: its credentials, endpoints, signing and HTTP, without its retries."""

from __future__ import annotations

import json
import threading

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

from dynamodb.errors import NoAnswer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

CONNECT_TIMEOUT = 1.0  # seconds
READ_TIMEOUT = 2.0


class BotocoreTransport:
    """Sends through a botocore client and hands on the answer as it came over the wire."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._seen = threading.local()
        client.meta.events.register("before-parse.dynamodb.*", self._keep)

    def open(self, timeout: float) -> None:
        """botocore connects with its first request."""

    def send(self, operation: str, body: bytes, timeout: float) -> tuple[int, Mapping[str, str], bytes]:
        """One request, once."""
        self._seen.answer = None
        try:
            self._client._make_api_call(operation, json.loads(body))
        except ClientError:
            pass
        except (ConnectTimeoutError, EndpointConnectionError) as error:
            raise NoAnswer(type(error).__name__, sent=False) from error
        except BotoCoreError as error:
            if self._seen.answer is None:
                raise NoAnswer(type(error).__name__, sent=True) from error
        status, headers, content = self._seen.answer
        return status, headers, content

    def _keep(self, response_dict: dict[str, Any], **_: Any) -> None:
        headers = {name.lower(): value for name, value in response_dict["headers"].items()}
        self._seen.answer = (response_dict["status_code"], headers, response_dict["body"])


def from_environment(environ: Mapping[str, str]) -> BotocoreTransport:
    """botocore reads the process's own environment, whatever `environ` says besides the region."""
    config = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
    region = environ.get("AWS_REGION")
    return BotocoreTransport(botocore.session.get_session().create_client("dynamodb", region, config=config))
