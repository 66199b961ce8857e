"""The errors that a request about users can get.

    AppError
    ├── BadRequest                 400
    │   └── InvalidFields          400
    │       └── InvalidUser        400  invalid_user
    ├── UserNotFound               404  user_not_found
    └── Conflict                   409
        └── EmailInUse             409  email_in_use

Code that raises one loads this module then: a request that succeeds does not need it.
"""

from __future__ import annotations

from utils.errors import AppError, Conflict, InvalidFields


class InvalidUser(InvalidFields):
    """Fields of the body break the rules of a user."""

    code = "invalid_user"
    title = "Invalid user"


class UserNotFound(AppError):
    """No user has this id."""

    status = 404
    code = "user_not_found"
    title = "User not found"
    detail = "There is no user with this id."


class EmailInUse(Conflict):
    """Another user holds this email."""

    code = "email_in_use"
    title = "Email in use"
    detail = "Another user has this email."
