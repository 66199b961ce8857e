"""The token endpoint of the user pool (RFC 6749), which gives access tokens for codes, refresh tokens and secrets."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import httpx

from users_cli.client import http_client, unreachable
from users_cli.failures import NotSignedIn
from users_cli.profiles import SignIn


@dataclass(frozen=True)
class Granted:
    """An access token, when it expires (in seconds since 1970), and what renews it, if there is such."""

    token: str
    expires: float
    refresh: str = ""


def of_code(sign_in: SignIn, code: str, verifier: str) -> Granted:
    """The tokens for the code that a browser has brought. Raises NotSignedIn, Unreachable."""
    form = {"code": code, "code_verifier": verifier, "redirect_uri": sign_in.callback}
    return granted(sign_in, {"grant_type": "authorization_code", "client_id": sign_in.client_id, **form})


def renewed(sign_in: SignIn, refresh: str) -> Granted:
    """Another access token without another sign-in. Raises NotSignedIn, Unreachable."""
    form = {"grant_type": "refresh_token", "client_id": sign_in.client_id, "refresh_token": refresh}
    return granted(sign_in, form)


def of_machine(sign_in: SignIn, secret: str) -> Granted:
    """The token of a program that asks for itself. Raises NotSignedIn, Unreachable."""
    form = {"grant_type": "client_credentials", "scope": " ".join(sign_in.scopes)}
    return granted(sign_in, form, (sign_in.client_id, secret))


def revoke(sign_in: SignIn, refresh: str) -> None:
    """End a sign-in at the user pool. Raises Unreachable."""
    asked(sign_in, "/oauth2/revoke", {"token": refresh, "client_id": sign_in.client_id})


def granted(sign_in: SignIn, form: dict[str, str], basic: tuple[str, str] | None = None) -> Granted:
    """The tokens in the response to a form. Raises NotSignedIn, Unreachable."""
    said = asked(sign_in, "/oauth2/token", form, basic)
    if "access_token" not in said:
        reason = said.get("error_description") or said.get("error") or "it gave no reason"
        raise NotSignedIn(f"The sign-in at {sign_in.url} gives no token: {reason}. Sign in again: users login")
    expires = time.time() + float(said.get("expires_in", 0))
    return Granted(said["access_token"], expires, said.get("refresh_token", ""))


def asked(sign_in: SignIn, path: str, form: dict[str, str], basic: tuple[str, str] | None = None) -> dict[str, Any]:
    """The JSON of a response, whatever its status; empty if it has none. Raises Unreachable."""
    try:
        with http_client(sign_in.url) as client:
            response = client.post(
                sign_in.url + path, data=form, auth=httpx.BasicAuth(*basic) if basic else httpx.Auth()
            )
    except httpx.TransportError as error:
        raise unreachable(sign_in.url, error) from None
    try:
        said = response.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
