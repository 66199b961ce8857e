"""GET /admin/imports/{importId} - the progress of an import, and its results."""

from __future__ import annotations

from bulk import wiring
from guard import ADMINS, permitted
from transfers.errors import ImportNotFound
from transfers.model import COMPLETED, import_job, shown_import
from users.user import is_user_id
from utils.http import endpoint
from utils.response import ok

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bulk.access import Access
    from transfers.jobs import Jobs
    from utils.http import Request
    from utils.response import Response


def get_import(request: Request, jobs: Jobs, access: Access) -> Response:
    """200 with the import; once it is completed, with the URL of its results."""
    import_id = request.path["importId"]
    job = jobs.get(import_job(import_id)) if is_user_id(import_id) else None
    if job is None:
        raise ImportNotFound
    results = {"results": access.results(import_id)} if job["status"] == COMPLETED else {}
    return ok({**shown_import(job), **results})


lambda_handler = endpoint(permitted(get_import, ADMINS), jobs=wiring.jobs, access=wiring.access)
