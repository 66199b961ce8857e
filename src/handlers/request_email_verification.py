"""POST /users/{userId}/email-verification - send the user another link that verifies its email."""

from __future__ import annotations

from guard import OWNER_OR_WRITERS, permitted
from utils.http import endpoint
from utils.response import ok
from verification import wiring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from utils.http import Request
    from utils.response import Response
    from verification.emails import VerifiedEmails
    from verification.renewals import Renewals


def request_email_verification(request: Request, emails: VerifiedEmails, renewals: Renewals) -> Response:
    """Whether the email is verified. If it is not, a letter is asked for."""
    user_id = request.path["userId"]
    verified = emails.verified(user_id)
    if not verified:
        renewals.ask(user_id)
    return ok({"emailVerified": verified})


lambda_handler = endpoint(
    permitted(request_email_verification, OWNER_OR_WRITERS), emails=wiring.emails, renewals=wiring.renewals
)
