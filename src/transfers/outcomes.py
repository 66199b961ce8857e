"""The result of one row of an import, in the words of the API."""

from __future__ import annotations

from transfers.model import CSV
from users.errors import EmailInUse
from users.imported import IdInUse, brought_along
from users.items import email_key
from users.model import FIELDS, invalid
from utils.errors import BadRequest, BodyTooLarge, Conflict, IdempotencyKeyReused, InvalidFields, RequestInProgress
from utils.strict_json import parse
from utils.validation import validated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from transfers.jobs import Jobs
    from users.imported import ImportedUsers
    from utils.errors import AppError

# IdempotencyKeyReused: the file was uploaded again with another row at this place
REFUSALS = (BadRequest, BodyTooLarge, Conflict, IdInUse, IdempotencyKeyReused)


def outcome(job: Mapping[str, Any], entry: list[Any], users: ImportedUsers, jobs: Jobs) -> dict[str, Any]:
    """The result of a row: created (or valid, in a dry run), or rejected with the problem that POST /users answers.

    Raises what says nothing about the row, as a database out of reach: the whole part is then tried again.
    """
    row, content = entry
    try:
        document = document_of(job["format"], content)
        members, kept = checked(document, keep=bool(job["keepIds"]))
        if job["dryRun"]:
            users.check_row(members, kept)
            check_other_rows(job, row, members, kept, jobs)
            return {"row": row, "status": "valid"}
        user_id = users.create_row(job["importId"], row, members, kept, job["caller"])
    except RequestInProgress:
        raise
    except REFUSALS as refused:
        return {"row": row, "status": "rejected", **problem(refused)}
    return {"row": row, "status": "created", "userId": user_id}


def check_other_rows(
    job: Mapping[str, Any], row: int, members: Mapping[str, Any], kept: Mapping[str, str], jobs: Jobs
) -> None:
    """Check that no other row of the file would have taken the email or the id. Raises as `create_row`."""
    values = {"email": email_key(members["email"]), **({"id": kept["userId"]} if "userId" in kept else {})}
    taken = jobs.reserve(job["job"], row, values)
    if "id" in taken:
        raise IdInUse
    if taken:
        raise EmailInUse


def document_of(form: str, content: Any) -> object:
    """The document of a row. Raises BodyTooLarge, InvalidJson, DuplicateField."""
    if content is None:
        raise BodyTooLarge("The row has more cells than the first row." if form == CSV else "The row is too long.")
    return content if form == CSV else parse(content.encode("utf-8", "surrogatepass"))


def checked(document: object, *, keep: bool) -> tuple[dict[str, Any], dict[str, str]]:
    """The fields of a user, and those that the row brings along. Raises InvalidUser with all problems."""
    if not keep or not isinstance(document, dict):
        return validated(document, FIELDS, invalid), {}
    rest, kept, problems = brought_along(document)
    try:
        members = validated(rest, FIELDS, invalid)
    except InvalidFields as refused:
        raise invalid(refused.errors + problems) from None
    if problems:
        raise invalid(problems)
    return members, kept


def problem(refused: AppError | IdInUse) -> dict[str, Any]:
    """The parts of a problem that say something of a row."""
    errors = {"errors": refused.errors} if refused.errors else {}
    return {"code": refused.code, "title": refused.title, "detail": refused.detail, **errors}
