"""GET /health - whether this Region can answer, and whether it takes writes."""

from __future__ import annotations

from regional.wiring import home
from utils.http import endpoint
from utils.response import ok

TYPE_CHECKING = False
if TYPE_CHECKING:
    from regions.home import Home
    from utils.http import Request
    from utils.response import Response


def get_health(_request: Request, home: Home) -> Response:
    """200 after a consistent read from the database."""
    return ok({"status": "ok", "takesWrites": home.is_here()})


lambda_handler = endpoint(get_health, home=home)
