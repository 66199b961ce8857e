"""Profiles: where an API is, and how to sign in there. They have no secrets.

The environment decides first: USERS_URL names an API without any profile, and USERS_PROFILE one of the profiles.
Without either, the profile counts that `users profile use` has chosen, and without that, the API of `make run`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import platformdirs

from users_cli import private_files
from users_cli.client import is_loopback
from users_cli.failures import NotFound, WrongUsage

LOCAL = "http://localhost:3000"  # where `make run` serves
DEFAULT = "default"
CALLBACK = "http://localhost:8000/"  # the default of the stack's parameter SignInPages
KEYRING, FILE = "keyring", "file"
PERSON, MACHINE = "person", "machine"


@dataclass(frozen=True)
class SignIn:
    """How a profile signs in. `url` has the pages and the token endpoint; `kind` is a person or a machine."""

    kind: str
    url: str
    client_id: str
    scopes: tuple[str, ...]
    callback: str = CALLBACK


@dataclass(frozen=True)
class Profile:
    """One API. `store` says where its secrets are; `pages` are addresses for `users open`."""

    name: str
    url: str = LOCAL
    store: str = KEYRING
    sign_in: SignIn | None = None
    pages: Mapping[str, str] = field(default_factory=dict)

    @property
    def kept(self) -> bool:
        """Whether it is one of the file, and not made up from the environment."""
        return bool(self.name)


def folder() -> Path:
    """Where profiles are kept."""
    return Path(os.environ.get("USERS_CONFIG_DIR") or platformdirs.user_config_dir("users-cli", appauthor=False))


def path() -> Path:
    """The file of the profiles."""
    return folder() / "profiles.json"


def checked_url(url: str) -> str:
    """An address that secrets may be sent to: with TLS, or on this machine. Raises WrongUsage."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise WrongUsage(f"{url} is not a URL: {error}.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise WrongUsage(f"{url} is not the URL of an API, such as https://api.example.com/prod")
    if parts.scheme == "http" and not is_loopback(url):
        raise WrongUsage(f"{url} has no TLS. Only an API on this machine may do without: use https.")
    return url.rstrip("/")


def every() -> dict[str, Profile]:
    """All profiles of the file. Raises WrongUsage."""
    try:
        return {name: read(name, it) for name, it in private_files.read(path()).get("profiles", {}).items()}
    except (KeyError, TypeError, AttributeError):
        raise WrongUsage(f"{path()} is damaged. Remove it, and add the profiles again.") from None


def read(name: str, content: Mapping[str, Any]) -> Profile:
    """A profile as the file has it."""
    how = content.get("signIn")
    sign_in = SignIn(**{**how, "scopes": tuple(how["scopes"])}) if how else None
    return Profile(name, checked_url(content["url"]), content.get("store", KEYRING), sign_in, content.get("pages", {}))


def written(profile: Profile) -> dict[str, Any]:
    """A profile for the file."""
    found: dict[str, Any] = {"url": profile.url, "store": profile.store, "pages": dict(profile.pages)}
    return {**found, "signIn": asdict(profile.sign_in)} if profile.sign_in else found


def current_name() -> str:
    """The chosen profile."""
    return str(os.environ.get("USERS_PROFILE") or private_files.read(path()).get("current") or DEFAULT)


def chosen(name: str | None) -> Profile:
    """The profile of this name, or the one that counts now. Raises NotFound, WrongUsage."""
    if not name and (url := os.environ.get("USERS_URL")):
        return Profile("", checked_url(url))
    wanted = name or current_name()
    found = every().get(wanted)
    if found is None and wanted != DEFAULT:
        raise NotFound(f"There is no profile {wanted}. Add it: users profile add {wanted} --url URL")
    return found or Profile(DEFAULT)


def save(profile: Profile) -> None:
    """Keep a profile. Raises WrongUsage."""
    content = private_files.read(path())
    content.setdefault("profiles", {})[profile.name] = written(profile)
    private_files.write(path(), content)


def use(name: str) -> None:
    """Choose a profile. Raises NotFound, WrongUsage."""
    chosen(name)
    private_files.write(path(), {**private_files.read(path()), "current": name})


def remove(name: str) -> None:
    """Forget a profile. Raises NotFound, WrongUsage."""
    content = private_files.read(path())
    if content.get("profiles", {}).pop(name, None) is None:
        raise NotFound(f"There is no profile {name}.")
    if content.get("current") == name:
        del content["current"]
    private_files.write(path(), content)


def signed_in(profile: Profile, sign_in: SignIn | None) -> Profile:
    """The profile with another way to sign in."""
    return replace(profile, sign_in=sign_in)
