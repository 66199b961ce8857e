"""POST /admin/exports - start an export of all users."""

from __future__ import annotations

from bulk import wiring
from guard import ADMINS, permitted
from transfers.errors import InvalidExport, TooManyExports
from transfers.model import EXPORT_FIELDS, new_export, shown_export
from utils.http import endpoint
from utils.response import NO_STORE, Response, to_json
from utils.validation import validated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from bulk.machine import Machine
    from transfers.jobs import Jobs
    from utils.http import Request


def create_export(
    request: Request, jobs: Jobs, machine: Machine, segments: int, new_id: str, clock: Callable[[], float]
) -> Response:
    """201 with the export, which has started. 409 if as many run as may run at once."""
    members = validated(request.json(), EXPORT_FIELDS, InvalidExport)
    place = jobs.take_place(new_id)
    if place is None:
        raise TooManyExports
    started = False
    try:
        job = new_export(members, new_id, segments, clock(), place)
        jobs.create(job)
        machine.start(new_id, {"export": new_id, "files": list(range(1, segments + 1))})
        started = True
    finally:
        if not started:
            jobs.free_place(place, new_id)
    headers = {
        "Content-Type": "application/json",
        "Cache-Control": NO_STORE,
        "Location": f"{request.location}/{new_id}",
    }
    return Response(201, to_json(shown_export(job)) + "\n", headers)


lambda_handler = endpoint(
    permitted(create_export, ADMINS),
    jobs=wiring.jobs,
    machine=wiring.exports,
    segments=wiring.segments,
    new_id=wiring.new_id,
    clock=wiring.clock,
)
