"""The pages of the local server besides the API: the contract, for clients and tools, at /openapi.json."""

from __future__ import annotations

from local.gateway.routes import Router
from local.wire.messages import Request, Response
from local.wire.server import Application

CONTRACT = "/openapi.json"
# any page may read it: a browser's API explorer, say
HEADERS = [("Content-Type", "application/json"), ("Access-Control-Allow-Origin", "*"), ("Cache-Control", "no-store")]


class Site:
    """Passes requests on to the API, but answers /openapi.json itself unless the template has such a path."""

    def __init__(self, api: Application, router: Router, contract: bytes | None) -> None:
        self.api = api
        self.contract = None if router.match(CONTRACT) else contract

    async def __call__(self, request: Request) -> Response:
        """Answer one request."""
        path = request.target.partition("?")[0]
        if self.contract is not None and request.method == "GET" and path == CONTRACT:
            return Response(200, list(HEADERS), self.contract)
        return await self.api(request)
