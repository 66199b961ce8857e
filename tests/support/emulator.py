"""The emulated AWS for tests: a process of its own on a free port, its data in a folder that goes with it."""

from __future__ import annotations

import shutil
import tempfile
from typing import Any

import botocore.config
import botocore.session

from local.aws.start import start

REGION = "us-east-1"


class Emulator:
    """A running emulator. `endpoint` is its URL; `settings` are further environment variables of ministack."""

    def __init__(self, **settings: str) -> None:
        self.data = tempfile.mkdtemp(prefix="users-api-emulator-")
        self.session = botocore.session.Session()
        try:
            self.process = start(self.data, settings=settings, options=["--no-fsync"])
        except BaseException:
            shutil.rmtree(self.data, ignore_errors=True)
            raise
        self.endpoint = self.process.endpoint

    def client(self, service: str, key: str = "test", secret: str = "test", token: str | None = None) -> Any:
        """A low-level client that tries once and gives up after five seconds."""
        config = botocore.config.Config(
            retries={"total_max_attempts": 1},
            connect_timeout=1,
            read_timeout=5,
            max_pool_connections=64,
            parameter_validation=False,
        )
        return self.session.create_client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            config=config,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
        )

    def stop(self) -> None:
        """End the process and remove its data."""
        self.process.stop()
        shutil.rmtree(self.data, ignore_errors=True)

    def __enter__(self) -> Emulator:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
