"""POST /users/{userId}/email-verification/{token} - confirm an email by the link that was sent to it."""

from __future__ import annotations

from utils.http import endpoint
from verification import wiring
from verification.pages import DONE, GONE, page

TYPE_CHECKING = False
if TYPE_CHECKING:
    from utils.http import Request
    from utils.response import Response
    from verification.emails import Verification


def confirm_email(request: Request, verification: Verification, language: str) -> Response:
    """Use the link, and say whether it did what it says."""
    confirmed = verification.confirm(request.path["userId"], request.path["token"])
    return page(DONE if confirmed else GONE, language)


lambda_handler = endpoint(confirm_email, verification=wiring.verification, language=wiring.language)
