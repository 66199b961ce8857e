"""GET /admin/exports/{exportId} - the progress of an export, and its files."""

from __future__ import annotations

from bulk import wiring
from guard import ADMINS, permitted
from transfers.errors import ExportNotFound
from transfers.model import COMPLETED, export_job, shown_export
from users.user import is_user_id
from utils.http import endpoint
from utils.response import ok

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bulk.access import Access
    from transfers.jobs import Jobs
    from utils.http import Request
    from utils.response import Response


def get_export(request: Request, jobs: Jobs, access: Access) -> Response:
    """200 with the export; once it is completed, with the URLs of its files."""
    export_id = request.path["exportId"]
    job = jobs.get(export_job(export_id)) if is_user_id(export_id) else None
    if job is None:
        raise ExportNotFound
    done = job["status"] == COMPLETED
    files = access.files(export_id, job["format"], jobs.parts(job["job"])) if done else {}
    return ok({**shown_export(job), **files})


lambda_handler = endpoint(permitted(get_export, ADMINS), jobs=wiring.jobs, access=wiring.access)
