"""`make token`: an access token of the running local server, and nothing else.

    python -m local.token person|admin|machine        PORT=3000

A person signs in as a page does it, by the code flow with PKCE. The first call creates the person.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import sys
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from local.direct import fetch
from local.stack import calls
from local.stack.calls import CallError

SCOPES = {"person": "openid users/self", "admin": "openid users/self users/admin", "machine": "users/read users/write"}
PASSWORD = "Local-Sign-In-1"  # noqa: S105 - of people who exist on this machine only
FACTS = "/sign-in.json"
EXISTS = "UsernameExistsException"
SECONDS = 30


class TokenError(Exception):
    """Why there is no token, as one sentence."""


class Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the code is in its address."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing."""


def main() -> int:
    """Print the token; the exit status."""
    if len(sys.argv) != 2 or sys.argv[1] not in SCOPES:
        print("make token: add WHO=person, WHO=admin or WHO=machine", file=sys.stderr)
        return 2
    try:
        print(token(f"http://localhost:{os.environ.get('PORT') or '3000'}", sys.argv[1]))
    except (TokenError, CallError) as error:
        print(f"make token: {error}", file=sys.stderr)
        return 1
    return 0


def token(url: str, who: str) -> str:
    """An access token from the server at `url`. Raises TokenError, CallError."""
    facts = facts_of(url)
    return of_machine(url, facts) if who == "machine" else of_person(url, facts, who)


def facts_of(url: str) -> dict[str, Any]:
    """The user pool, its clients and where the emulated AWS is. Raises TokenError."""
    try:
        facts = dict(fetch(url + FACTS))
    except urllib.error.HTTPError:
        raise TokenError(f'sign-in is off at {url}; start with PARAMETERS="SignIn=true" make run') from None
    except OSError:
        raise TokenError(
            f'nothing answers at {url}; start with PARAMETERS="SignIn=true" make run, or name its port with PORT'
        ) from None
    if not facts["clientIds"].keys() >= {"pages", "machines"}:
        raise TokenError(f"the template at {url} has no clients named pages and machines")
    return facts


def of_person(url: str, facts: dict[str, Any], who: str) -> str:
    """A person signs in on the page. Raises TokenError, CallError."""
    email = f"{who}@example.com"
    create(facts, email, who)
    client, verifier = facts["clientIds"]["pages"], secrets.token_urlsafe(48)
    callback = cognito(facts, "DescribeUserPoolClient", ClientId=client)["UserPoolClient"]["CallbackURLs"][0]
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {"client_id": client, "redirect_uri": callback, "scope": SCOPES[who], "response_type": "code"}
    asked |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    signed_in = sent(f"{url}/login", {**asked, "username": email, "password": PASSWORD})
    code = parse_qs(urlsplit(signed_in.headers.get("Location", "")).query).get("code")
    if not code:
        raise TokenError(f"{email} cannot sign in: the user is disabled, deleted or has another password")
    form = {"grant_type": "authorization_code", "client_id": client, "redirect_uri": callback}
    return granted(sent(f"{url}/oauth2/token", {**form, "code": code[0], "code_verifier": verifier}))


def create(facts: dict[str, Any], email: str, who: str) -> None:
    """The person in the pool, if there is none. Raises CallError."""
    attributes = {"email": email, "email_verified": "true", "name": who.capitalize()}
    pairs = [{"Name": name, "Value": value} for name, value in attributes.items()]
    try:
        cognito(facts, "AdminCreateUser", Username=email, MessageAction="SUPPRESS", UserAttributes=pairs)
        cognito(facts, "AdminSetUserPassword", Username=email, Password=PASSWORD, Permanent=True)
    except CallError as error:
        if error.code != EXISTS:
            raise
    if who == "admin":
        cognito(facts, "AdminAddUserToGroup", Username=email, GroupName="admins")


def of_machine(url: str, facts: dict[str, Any]) -> str:
    """A program asks for itself. Raises TokenError, CallError."""
    client = facts["clientIds"]["machines"]
    secret = cognito(facts, "DescribeUserPoolClient", ClientId=client)["UserPoolClient"]["ClientSecret"]
    basic = base64.b64encode(f"{client}:{secret}".encode()).decode()
    form = {"grant_type": "client_credentials", "scope": SCOPES["machine"]}
    return granted(sent(f"{url}/oauth2/token", form, Authorization=f"Basic {basic}"))


def cognito(facts: dict[str, Any], operation: str, **request: Any) -> dict[str, Any]:
    """One call of the user pool. Raises CallError."""
    return calls.cognito(facts["emulatedAws"], operation, {"UserPoolId": facts["userPoolId"], **request})


def sent(url: str, form: dict[str, str], **headers: str) -> Any:
    """The response to a form, whatever its status. Raises TokenError."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stay)
    request = urllib.request.Request(url, urlencode(form).encode(), headers)  # noqa: S310 - an address of ours
    try:
        return direct.open(request, timeout=SECONDS)
    except urllib.error.HTTPError as error:
        return error
    except OSError as error:
        raise TokenError(f"{url} does not answer ({error})") from error


def granted(response: Any) -> str:
    """The access token in a response of the token endpoint. Raises TokenError."""
    said = json.loads(response.read())
    if "access_token" not in said:
        raise TokenError(f"there is no token: {said.get('error_description') or said.get('error')}")
    return str(said["access_token"])


if __name__ == "__main__":
    sys.exit(main())
