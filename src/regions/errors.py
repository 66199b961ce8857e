"""The error that a request can get in a service with two Regions."""

from __future__ import annotations

from utils.errors import AppError


class NotHome(AppError):
    """A write has reached a Region that is not the home Region. Nothing was written."""

    status = 503
    code = "not_home"
    title = "Not the home Region"
    detail = "This Region does not accept writes now. Nothing was written. Try again, or use the home Region."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "30"})
