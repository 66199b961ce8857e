"""What a user is, written once by hand for every peer that has no validation library of its own.

Standard library only, and shorter than our own rules, so no peer pays for a stricter check than we make.
"""
# mypy: ignore-errors

import re
import unicodedata
import uuid
from datetime import UTC, datetime

EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
USER_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
MEMBERS = {"name", "email", "age"}


def name(value):
    """The name as it is stored; ValueError with the reason when it is not one."""
    if not isinstance(value, str):
        raise ValueError("must be a string")  # noqa: TRY004
    text = unicodedata.normalize("NFC", value.strip())
    if not 1 <= len(text) <= 100:
        raise ValueError("must have 1 to 100 characters")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise ValueError("must not contain control characters")
    return text


def email(value):
    """The address as it is stored, its domain in lower case."""
    if not isinstance(value, str) or len(value) > 254 or not EMAIL.fullmatch(value):
        raise ValueError("must be an email address")
    local, _, domain = value.rpartition("@")
    return f"{local}@{domain.lower()}"


def age(value):
    """A whole number of years."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 150:
        raise ValueError("must be an integer from 1 to 150")
    return value


CHECKS = {"name": name, "email": email, "age": age}


def checked(body):
    """The members of a create, checked; ValueError holds a list of (member, reason)."""
    if not isinstance(body, dict):
        raise ValueError([("", "must be an object")])  # noqa: TRY004
    problems = [(member, "is unknown") for member in body if member not in MEMBERS]
    problems += [(member, "is required") for member in ("name", "email") if member not in body]
    user = {}
    for member, value in body.items():
        try:
            if member in CHECKS and not (member == "age" and value is None):
                user[member] = CHECKS[member](value)
        except ValueError as error:
            problems.append((member, str(error)))
    if problems:
        raise ValueError(problems)
    return user


def new_user(members):
    """The whole user, as it is stored and answered."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"userId": str(uuid.uuid4()), **members, "createdAt": now, "updatedAt": now, "version": 1}


def claim(user):
    """The item that makes an email belong to one user."""
    return {"key": "email#" + unicodedata.normalize("NFC", user["email"]).casefold(), "userId": user["userId"]}


def public(item):
    """What a client sees of an item."""
    return {
        member: int(value) if member == "age" else value
        for member, value in item.items()
        if member not in ("version", "lastWrite")
    }
