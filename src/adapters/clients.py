"""Clients of boto3 for the adapters, all with the same limits of time."""

from __future__ import annotations

import logging

import boto3
from botocore.config import Config

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def client(service: str, attempts: int = 1) -> Any:
    """A client of one service. It tries `attempts` times: mostly once, since the source of the records repeats."""
    logging.getLogger("botocore").setLevel(logging.WARNING)  # it tells where it found its credentials
    config = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": attempts})
    return boto3.client(service, config=config)
