"""The errors that a request about users can get.

    AppError
    ├── BadRequest                 400
    │   └── InvalidFields          400
    │       └── InvalidUser        400  invalid_user
    ├── UserNotFound               404  user_not_found
    ├── AccessDenied               403  access_denied
    ├── UserDisabled               403  user_disabled
    ├── SignedOut                  403  signed_out
    ├── EmailManagedBySignIn       403  email_managed_by_sign_in
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


class AccessDenied(AppError):
    """The caller is known and has no right to this operation."""

    status = 403
    code = "access_denied"
    title = "Access denied"
    detail = "Your token does not allow this operation."


class UserDisabled(AppError):
    """The caller has been disabled. The token is valid until it expires, and opens nothing."""

    status = 403
    code = "user_disabled"
    title = "User disabled"
    detail = "Your user is disabled."


class SignedOut(AppError):
    """An administrator has signed the caller out since the sign-in that the token comes from."""

    status = 403
    code = "signed_out"
    title = "Signed out"
    detail = "You have been signed out. Sign in again."


class EmailManagedBySignIn(AppError):
    """A person has asked to change the email that they sign in with."""

    status = 403
    code = "email_managed_by_sign_in"
    title = "Email managed by sign-in"
    detail = "Your email is the one you sign in with. Change it there."
