"""The front of the local server: it refuses pages of elsewhere, and has /docs, /console, the contract and mail."""

from __future__ import annotations

import asyncio
import json

from local import console
from local.contract import PLACE as CONTRACT
from local.gateway.routes import Router
from local.web import documentation, outbox, web_console
from local.web.sign_in import SignIn
from local.wire.allowed import Allowed
from local.wire.connection import Application
from local.wire.messages import Request, Response

USERS = "/users"  # the pages at /console are for an API that has it
# any page that may send a request may read it: a browser's API explorer, say
HEADERS = [("Content-Type", "application/json"), ("Access-Control-Allow-Origin", "*"), ("Cache-Control", "no-store")]
NAVIGATION = ("GET", "HEAD")
PREFLIGHT = "OPTIONS"  # answered as on AWS, whoever asks: it changes nothing, and the request after it is refused


class Site:
    """Passes the requests that are `allowed` on to the API, but those for a path that only this server has."""

    def __init__(
        self,
        api: Application,
        router: Router,
        contract: bytes | None,
        allowed: Allowed,
        endpoint: str = "",
        sign_in: SignIn | None = None,
    ) -> None:
        self.api = api
        self.contract = None if router.match(CONTRACT) else contract
        self.has_root = router.match("/") is not None
        self.documented = self.contract is not None and not router.match(documentation.PATH)
        self.has_console = (
            self.contract is not None and bool(router.match(USERS)) and not router.match(web_console.PATH)
        )
        # The paths that the sign-in page sends people back to.
        self.come_back_to = [documentation.SIGNED_IN] * self.documented + [web_console.PATH] * self.has_console
        self.allowed = allowed
        self.aws = endpoint
        self.endpoint = "" if router.match(outbox.PATH) else endpoint
        self.sign_in = sign_in

    async def __call__(self, request: Request) -> Response:
        """Answer one request."""
        if reason := self.refusal(request):
            return refused(request, reason)
        path = request.target.partition("?")[0]
        if self.contract is not None and request.method == "GET" and path == CONTRACT:
            return Response(200, list(HEADERS), self.contract)
        if self.documented and documentation.has(request) and not (path == "/" and self.has_root):
            return documentation.response(request)
        if self.has_console and web_console.has(request):
            return web_console.response(request, self.aws)
        if self.endpoint and request.method == "GET" and path == outbox.PATH:
            host = next((value for name, value in request.headers if name.lower() == "host"), "localhost")
            return await asyncio.to_thread(outbox.response, self.endpoint, host)
        if self.sign_in and self.sign_in.has(request):
            return await asyncio.to_thread(self.sign_in.response, request)
        return await self.api(request)

    def refusal(self, request: Request) -> str:
        """Why a request is refused; empty if the API answers it, as it does what is not HTTP."""
        if request.malformed:
            return ""
        return self.allowed.refusal(
            request.headers,
            navigable=request.method in NAVIGATION,
            any_page=request.method == PREFLIGHT,
        )


def refused(request: Request, reason: str) -> Response:
    """A 403 that says why, on the console too: a browser does not show it to anybody."""
    console.say(f"{console.clock_time()}  refused a {request.method} request. {reason}")
    headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    return Response(403, headers, json.dumps({"message": reason}).encode() + b"\n")
