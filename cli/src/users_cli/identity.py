"""The caller: headers of requests, from the environment or from the secrets of a profile."""

from __future__ import annotations

import json
import time

from users_cli import tokens, vault
from users_cli.failures import NotSignedIn
from users_cli.profiles import MACHINE, Profile

SPARE_SECONDS = 60.0  # a token is renewed before it expires


class Identity:
    """The caller of one profile: an API key, an access token, both, or neither."""

    def __init__(self, profile: Profile, key: str = "") -> None:
        self._profile = profile
        self._key = key or vault.from_environment(vault.API_KEY) or vault.get(profile, vault.API_KEY)
        self._token = ""
        self._expires = 0.0

    def headers(self, *, renew: bool = False) -> dict[str, str]:
        """The headers of a request. Raises NotSignedIn, Unreachable, WrongUsage."""
        found = {"X-Api-Key": self._key} if self._key else {}
        token = self.token(renew=renew)
        return {**found, "Authorization": f"Bearer {token}"} if token else found

    def token(self, *, renew: bool = False) -> str:
        """An access token that has not expired; empty if the profile does not sign in."""
        if given := vault.from_environment(vault.TOKEN):
            return given
        if self._profile.sign_in is None:
            return ""
        if not self._token:
            self._remember(vault.get(self._profile, vault.TOKEN))
        if renew or time.time() > self._expires - SPARE_SECONDS:
            self._renew()
        return self._token

    def _remember(self, kept: str | None) -> None:
        if kept:
            found = json.loads(kept)
            self._token, self._expires = found["token"], found["expires"]

    def _renew(self) -> None:
        """Ask for another token: with the secret of a machine, or with what a sign-in has left."""
        sign_in = self._profile.sign_in
        assert sign_in is not None
        if sign_in.kind == MACHINE:
            secret = vault.from_environment(vault.CLIENT_SECRET) or vault.get(self._profile, vault.CLIENT_SECRET)
            granted = tokens.of_machine(sign_in, secret) if secret else None
        else:
            refresh = vault.get(self._profile, vault.REFRESH_TOKEN)
            granted = tokens.renewed(sign_in, refresh) if refresh else None
        if granted is None:
            raise NotSignedIn("You are not signed in. Sign in: users login")
        self.accept(granted)

    def accept(self, granted: tokens.Granted) -> None:
        """Use these tokens from now on, and keep them."""
        self._token, self._expires = granted.token, granted.expires
        kept = json.dumps({"token": granted.token, "expires": granted.expires})
        vault.put(self._profile, vault.TOKEN, kept)
        if granted.refresh:
            vault.put(self._profile, vault.REFRESH_TOKEN, granted.refresh)
