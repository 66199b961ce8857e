"""The error that a request about an erasure can get.

AppError
└── ErasureNotFound            404  erasure_not_found
"""

from __future__ import annotations

from utils.errors import AppError


class ErasureNotFound(AppError):
    """Nobody has asked to erase this user."""

    status = 404
    code = "erasure_not_found"
    title = "Erasure not found"
    detail = "There is no erasure of a user with this id."
