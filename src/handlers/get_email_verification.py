"""GET /users/{userId}/email-verification - tell whether a user has verified its email."""

from __future__ import annotations

from guard import OWNER_OR_READERS, permitted
from utils.http import endpoint
from utils.response import ok
from verification import wiring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from utils.http import Request
    from utils.response import Response
    from verification.emails import VerifiedEmails


def get_email_verification(request: Request, emails: VerifiedEmails) -> Response:
    """Whether the user has verified the email that it has now."""
    return ok({"emailVerified": emails.verified(request.path["userId"])})


lambda_handler = endpoint(permitted(get_email_verification, OWNER_OR_READERS), emails=wiring.emails)
