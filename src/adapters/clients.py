"""Clients of boto3 for the adapters, all with the same limits of time."""

from __future__ import annotations

import logging

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


# A service that refuses a call, or is out of reach, raises these.
FAILURES = (BotoCoreError, ClientError)


def client(
    service: str, attempts: int = 1, *, url: str | None = None, connections: int = 10, seconds: float = 2
) -> Any:
    """A client of one service. It tries `attempts` times: mostly once, since the source of the records repeats.

    `url` is its address where the service has several, `connections` how many it keeps open, `seconds` how long a
    response may take.
    """
    logging.getLogger("botocore").setLevel(logging.WARNING)  # it tells where it found its credentials
    config = Config(
        connect_timeout=1,
        read_timeout=seconds,
        retries={"total_max_attempts": attempts},
        max_pool_connections=connections,
    )
    return boto3.client(service, config=config, endpoint_url=url)
