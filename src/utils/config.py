"""Settings of a function: the one place that reads its environment."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# The template must provide these. The DynamoDB client reads AWS's own standard variables.
REQUIRED = ("USERS_TABLE", "USER_KEYS_TABLE", "CORS_ORIGIN")


class SettingMissing(Exception):
    """A function was deployed without a variable it needs."""


def setting(name: str) -> str:
    """The value of one variable of `REQUIRED`."""
    try:
        return os.environ[name]
    except KeyError:
        raise SettingMissing(name) from None


def environment() -> Mapping[str, str]:
    """All variables, for what reads AWS's standard ones."""
    return os.environ
