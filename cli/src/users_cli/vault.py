"""The secrets of profiles: in the keyring of the system, or in a file that only its owner can read.

The environment decides first, and its secrets are never kept: USERS_API_KEY, USERS_CLIENT_SECRET, USERS_TOKEN.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from users_cli import private_files, profiles
from users_cli.failures import WrongUsage
from users_cli.profiles import Profile

SERVICE = "users-cli"
API_KEY, CLIENT_SECRET, REFRESH_TOKEN, TOKEN = "api-key", "client-secret", "refresh-token", "token"
KINDS = (API_KEY, CLIENT_SECRET, REFRESH_TOKEN, TOKEN)
VARIABLES = {API_KEY: "USERS_API_KEY", CLIENT_SECRET: "USERS_CLIENT_SECRET", TOKEN: "USERS_TOKEN"}
NO_KEYRING = (
    "This system has no keyring that can be used ({reason}). Keep the secrets in a file that only you can read"
    " (--store file), or in the environment ({names})."
)


def from_environment(kind: str) -> str | None:
    """A secret that the environment has."""
    return os.environ.get(VARIABLES.get(kind, "")) or None


def get(profile: Profile, kind: str) -> str | None:
    """A kept secret; None if there is none. Raises WrongUsage."""
    if not profile.kept:
        return None
    if profile.store == profiles.FILE:
        kept: dict[str, str] = private_files.read_secret(file()).get(profile.name, {})
        return kept.get(kind)
    return in_keyring(lambda ring: ring.get_password(SERVICE, place(profile, kind)), reading=True)


def put(profile: Profile, kind: str, value: str | None) -> None:
    """Keep a secret, or forget it where the value is None. Raises WrongUsage."""
    if not profile.kept:
        return
    if profile.store == profiles.FILE:
        put_into_file(profile, kind, value)
    elif value is not None:
        in_keyring(lambda ring: ring.set_password(SERVICE, place(profile, kind), value))
    elif get(profile, kind) is not None:
        in_keyring(lambda ring: ring.delete_password(SERVICE, place(profile, kind)))


def forget(profile: Profile, *kinds: str) -> None:
    """Forget secrets of a profile, all of them unless some are named. Raises WrongUsage."""
    for kind in kinds or KINDS:
        put(profile, kind, None)


def file() -> Path:
    """The file for systems without a keyring."""
    return profiles.folder() / "secrets.json"


def put_into_file(profile: Profile, kind: str, value: str | None) -> None:
    """Keep or forget a secret in the file."""
    content = private_files.read_secret(file())
    own = {**content.get(profile.name, {}), kind: value}
    content[profile.name] = {name: it for name, it in own.items() if it is not None}
    private_files.write(file(), content)


def place(profile: Profile, kind: str) -> str:
    """The name of a secret in the keyring."""
    return json.dumps([profile.name, kind])


def in_keyring(action: Callable[[Any], str | None], *, reading: bool = False) -> str | None:
    """Do something with the keyring of the system. Without a keyring, there is nothing to read. Raises WrongUsage."""
    import keyring  # loading its backends takes long, and not all commands need it
    from keyring.errors import KeyringError, NoKeyringError

    try:
        return action(keyring)
    except NoKeyringError as error:
        if reading:
            return None
        raise WrongUsage(NO_KEYRING.format(reason=first_line(error), names=", ".join(VARIABLES.values()))) from None
    except (KeyringError, RuntimeError) as error:
        raise WrongUsage(f"The keyring of this system refuses: {first_line(error)}.") from None


def first_line(error: Exception) -> str:
    """The first line of an error, or its kind."""
    return str(error).split("\n")[0].rstrip(".") or type(error).__name__
