"""The sign-in pages and the token endpoint of the stack's user pool, at the address of the local server.

The emulated AWS has them. They are at another domain on AWS, and a client that is told one address works with both.
"""

from __future__ import annotations

import contextlib
import json
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlencode, urlsplit

from local.contract import FACTS
from local.gateway.api import Api, of_type
from local.stack.calls import cognito
from local.web import sign_up
from local.wire.messages import Request, Response

PAGES = "pages"  # the client of pages, by its name in the template
PATHS = frozenset({"/oauth2/authorize", "/oauth2/token", "/oauth2/userInfo", "/oauth2/revoke", "/login", "/logout"})
METHODS = frozenset({"GET", "POST", "OPTIONS"})
SECONDS = 30  # a sign-in waits for a function
# what the pages and the token endpoint read; the origin is judged here, and by nobody else
ASKED = frozenset({"host", "content-type", "authorization", "cookie", "accept"})
ANSWERED = frozenset({"content-type", "location", "set-cookie", "cache-control", "pragma", "www-authenticate"})
ANY_PAGE = [
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Methods", "GET, POST, OPTIONS"),
    ("Access-Control-Allow-Headers", "Authorization, Content-Type"),
]


class SignIn:
    """The user pool of a running stack: its `facts` for programs, and its pages."""

    def __init__(self, api: Api, pool: str, endpoint: str) -> None:
        self.endpoint = endpoint
        self.paths = {path for path in PATHS | sign_up.PATHS | {FACTS} if not api.router.match(path)}
        self.well_known = f"/{pool}/.well-known/"
        clients = of_type(api.template, "AWS::Cognito::UserPoolClient")
        self.pages = any(block.get("ClientName") == PAGES for _, block in clients)
        self.facts: dict[str, Any] = {
            "userPoolId": pool,
            "clientIds": {block.get("ClientName", name): api.physical_id(name) for name, block in clients},
            "emulatedAws": endpoint,
        }

    def has(self, request: Request) -> bool:
        """Whether a request is for these pages, and not for the API."""
        path = request.target.partition("?")[0]
        return request.method in METHODS and (path in self.paths or path.startswith(self.well_known))

    def response(self, request: Request) -> Response:
        """The response, which can take as long as a function."""
        path = request.target.partition("?")[0]
        if request.target == sign_up.SIGN_IN and self.pages:
            return Response(302, [("Location", f"{sign_up.SIGN_IN}?{urlencode(self.asked())}")])
        if path in sign_up.PATHS:
            return sign_up.response(request, self.endpoint)
        if path != FACTS:
            return self.forwarded(request)
        headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store"), *ANY_PAGE]
        return Response(200, headers, json.dumps(self.facts).encode() + b"\n")

    def come_back_to(self, *pages: str) -> None:
        """Let the sign-in page send people back to pages of this server, whose port the template does not know."""
        if not self.pages:
            return
        wanted = {"UserPoolId": self.facts["userPoolId"], "ClientId": self.facts["clientIds"][PAGES]}
        found = cognito(self.endpoint, "DescribeUserPoolClient", wanted)["UserPoolClient"]
        known = found["CallbackURLs"]
        if new := [page for page in pages if page not in known]:
            cognito(self.endpoint, "UpdateUserPoolClient", {**wanted, "CallbackURLs": [*known, *new]})

    def asked(self) -> dict[str, str]:
        """The query of a page, for a person who opens the sign-in page without one: the start screen shows it so."""
        client = self.facts["clientIds"][PAGES]
        question = {"UserPoolId": self.facts["userPoolId"], "ClientId": client}
        found = cognito(self.endpoint, "DescribeUserPoolClient", question)["UserPoolClient"]
        callback = found["CallbackURLs"][0]
        return {"response_type": "code", "client_id": client, "redirect_uri": callback, "scope": "openid users/self"}

    def forwarded(self, request: Request) -> Response:
        """The response of the emulated AWS. A redirect is for the browser, so it is not followed."""
        address = urlsplit(self.endpoint)
        headers = {name: value for name, value in request.headers if name.lower() in ASKED}
        connection = HTTPConnection(str(address.hostname), address.port, timeout=SECONDS)
        try:
            with contextlib.closing(connection):
                connection.request(request.method, request.target, request.body, headers)
                found = connection.getresponse()
                kept = [(name, value) for name, value in found.getheaders() if name.lower() in ANSWERED]
                return Response(found.status, [*kept, *ANY_PAGE], sign_up.with_link(request, found.read()))
        except (OSError, HTTPException) as error:
            body = json.dumps({"message": f"The emulated AWS does not answer: {error}"}).encode()
            return Response(502, [("Content-Type", "application/json")], body)


def of_stack(api: Api, endpoint: str) -> SignIn | None:
    """The sign-in of a stack; None if it has no user pool. A stack with two has the pages of the first."""
    pools = of_type(api.template, "AWS::Cognito::UserPool")
    return SignIn(api, api.physical_id(pools[0][0]), endpoint) if pools else None
