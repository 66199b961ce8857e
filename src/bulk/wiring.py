"""The composition root of the handlers of imports and exports. The five operations of users never load it."""

from __future__ import annotations

import time

import wiring
from utils.config import environment, setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from bulk.access import Access
    from bulk.machine import Machine
    from transfers.jobs import Jobs
    from utils.deadline import Deadline


def jobs(deadline: Deadline) -> Jobs:
    """The imports and exports."""
    from transfers.jobs import Jobs

    return Jobs(
        wiring._call(deadline),
        setting("BULK_TABLE"),
        clock=time.time,
        new_token=wiring.new_token,
        pause=wiring.pause,
    )


def access(deadline: Deadline) -> Access:
    """Access for a client to files."""
    from bulk.access import Access
    from dynamodb.transport import credential_source
    from pictures.signing import bucket_from

    variables = environment()
    bucket = bucket_from(variables, setting("BULK_BUCKET"))
    most_bytes = int(setting("IMPORT_MEGABYTES")) * 1_000_000
    return Access(bucket, credential_source(variables)(deadline.remaining()), time.time(), most_bytes)


def exports(deadline: Deadline) -> Machine:
    """The state machine that makes exports."""
    from bulk.machine import Machine, StatesTransport, endpoint_from
    from dynamodb.client import Client
    from dynamodb.transport import credential_source

    variables = environment()
    bundle = variables.get("AWS_CA_BUNDLE") or variables.get("REQUESTS_CA_BUNDLE") or ""
    client = Client(StatesTransport(endpoint_from(variables), credential_source(variables), bundle))
    return Machine(lambda operation, request: client.call(operation, request, deadline), setting("EXPORT_MACHINE"))


def segments(_deadline: Deadline) -> int:
    """The files that an export has."""
    return int(setting("EXPORT_FILES"))


def new_id(_deadline: Deadline) -> str:
    """An id for one import or export."""
    return wiring.new_uuid()


def clock(_deadline: Deadline) -> Callable[[], float]:
    """Seconds since the epoch."""
    return time.time
