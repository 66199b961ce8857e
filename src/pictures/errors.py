"""The errors that a request about a picture can get, besides those about its user.

AppError
├── BadRequest                 400
│   └── InvalidFields          400
│       └── InvalidUpload      400  invalid_upload
└── AvatarNotFound             404  avatar_not_found
"""

from __future__ import annotations

from utils.errors import AppError, InvalidFields


class InvalidUpload(InvalidFields):
    """Fields of the body break the rules of an upload."""

    code = "invalid_upload"
    title = "Invalid upload"


class AvatarNotFound(AppError):
    """The user has no picture."""

    status = 404
    code = "avatar_not_found"
    title = "Avatar not found"
    detail = "This user has no avatar."
