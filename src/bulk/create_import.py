"""POST /admin/imports - an import, with a form by which the client uploads its file."""

from __future__ import annotations

from bulk import wiring
from guard import ADMINS, permitted
from transfers.errors import InvalidImport
from transfers.model import IMPORT_FIELDS, new_import, shown_import
from utils.http import endpoint
from utils.response import NO_STORE, Response, to_json
from utils.validation import validated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from bulk.access import Access
    from transfers.jobs import Jobs
    from utils.http import Request


def create_import(request: Request, jobs: Jobs, access: Access, new_id: str, clock: Callable[[], float]) -> Response:
    """201 with the import and its form. The upload starts it."""
    members = validated(request.json(), IMPORT_FIELDS, InvalidImport)
    job = new_import(members, new_id, request.caller, clock())
    jobs.create(job)
    document = {**shown_import(job), "upload": access.upload(new_id)}
    headers = {
        "Content-Type": "application/json",
        "Cache-Control": NO_STORE,
        "Location": f"{request.location}/{new_id}",
    }
    return Response(201, to_json(document) + "\n", headers)


lambda_handler = endpoint(
    permitted(create_import, ADMINS), jobs=wiring.jobs, access=wiring.access, new_id=wiring.new_id, clock=wiring.clock
)
