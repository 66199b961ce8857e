"""People and machines that sign in at `make run` with SignIn=true, by the code flow with PKCE as a page does it."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

PASSWORD = "Correct-Horse-7-Battery"
CALLBACK = "http://localhost:8000/"


class Refused(Exception):
    """A person got no token. The text is what the pool says."""


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow nothing: the code is in Location."""


class SignIn:
    """The user pool of a running stack. `client` makes a low-level client of a service, as `Server.client` does.

    `callback` is one of the pages of the stack.
    """

    def __init__(self, endpoint: str, client: Any, callback: str = CALLBACK) -> None:
        self.endpoint = endpoint
        self.callback = callback
        self.cognito = client("cognito-idp")
        [pool] = self.cognito.list_user_pools(MaxResults=10)["UserPools"]
        self.pool: str = pool["Id"]
        listed = self.cognito.list_user_pool_clients(UserPoolId=self.pool, MaxResults=10)["UserPoolClients"]
        self.clients = {each["ClientName"]: each["ClientId"] for each in listed}

    def add(self, email: str, *groups: str, name: str = "", verified: bool = True) -> str:
        """Make a person who can sign in; the id of the person, `sub`."""
        attributes = {"email": email, "email_verified": str(verified).lower(), **({"name": name} if name else {})}
        made = self.cognito.admin_create_user(
            UserPoolId=self.pool,
            Username=email,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": key, "Value": value} for key, value in attributes.items()],
        )["User"]
        self.cognito.admin_set_user_password(UserPoolId=self.pool, Username=email, Password=PASSWORD, Permanent=True)
        for group in groups:
            self.cognito.admin_add_user_to_group(UserPoolId=self.pool, Username=email, GroupName=group)
        found: str = next(each["Value"] for each in made["Attributes"] if each["Name"] == "sub")
        return found

    def tokens(self, email: str, *scopes: str) -> dict[str, Any]:
        """What the token endpoint answers a page after this person has signed in with these scopes. Raises Refused."""
        verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(verifier.encode()).digest()
        form = {
            "client_id": self.clients["pages"],
            "redirect_uri": self.callback,
            "scope": " ".join(["openid", *(scopes or ("users/self",))]),
            "state": "a state",
            "response_type": "code",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        page = self._post("/login", {**form, "username": email, "password": PASSWORD})
        if "Location" not in page.headers:
            raise Refused(page.read().decode())
        code = urllib.parse.parse_qs(urllib.parse.urlsplit(page.headers["Location"]).query)["code"][0]
        asked = {key: form[key] for key in ("client_id", "redirect_uri")}
        asked |= {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
        found: dict[str, Any] = json.loads(self._post("/oauth2/token", asked).read())
        if "access_token" not in found:
            raise Refused(found["error_description"])
        return found

    def person(self, email: str, *scopes: str) -> str:
        """An access token of a person."""
        return str(self.tokens(email, *scopes)["access_token"])

    def machine(self, *scopes: str) -> str:
        """An access token of a program that asks for itself."""
        client = self.clients["machines"]
        described = self.cognito.describe_user_pool_client(UserPoolId=self.pool, ClientId=client)["UserPoolClient"]
        basic = base64.b64encode(f"{client}:{described['ClientSecret']}".encode()).decode()
        form = {"grant_type": "client_credentials", "scope": " ".join(scopes)}
        got = self._post("/oauth2/token", form, Authorization=f"Basic {basic}")
        return str(json.loads(got.read())["access_token"])

    def _post(self, path: str, form: dict[str, str], **headers: str) -> Any:
        request = urllib.request.Request(
            self.endpoint + path, urllib.parse.urlencode(form).encode(), headers, method="POST"
        )
        try:
            return urllib.request.build_opener(_Stay).open(request, timeout=30)
        except urllib.error.HTTPError as error:
            if error.status in (302, 303, 400):
                return error
            raise
