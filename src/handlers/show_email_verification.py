"""GET /users/{userId}/email-verification/{token} - show the page that asks to confirm an email.

It reads and changes nothing: programs that open the links of a message do not use them up.
"""

from __future__ import annotations

from utils.http import endpoint
from verification import wiring
from verification.links import is_link
from verification.pages import ASK, GONE, page

TYPE_CHECKING = False
if TYPE_CHECKING:
    from utils.http import Request
    from utils.response import Response


def show_email_verification(request: Request, language: str) -> Response:
    """The page with the button, unless the path cannot be a link."""
    possible = is_link(request.path["userId"], request.path["token"])
    return page(ASK if possible else GONE, language)


lambda_handler = endpoint(show_email_verification, language=wiring.language)
