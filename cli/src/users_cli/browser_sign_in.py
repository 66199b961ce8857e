"""Sign-in of a person in the browser: the authorization code flow with PKCE, back to a port of this machine (RFC 8252).

The user pool sends people only to addresses that it knows, so the port is a fixed one: that of `callback`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import selectors
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from users_cli import tokens
from users_cli.failures import NotSignedIn, WrongUsage
from users_cli.profiles import SignIn

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>users</title>
<p>{}</p>
"""
DONE = "You can close this page. The command line goes on."
FAILED = "The sign-in has failed. The command line says why."
SECONDS_OF_A_REQUEST = 5


class Callback(HTTPServer):
    """Waits for the browser to come back. `query` is what it brings: a code, or an error."""

    def __init__(self, address: tuple[str, int], family: socket.AddressFamily, path: str, state: str) -> None:
        self.address_family = family
        self.path, self.state = path, state
        self.query: dict[str, str] | None = None
        super().__init__(address, Back)


class Back(BaseHTTPRequestHandler):
    """A request of the browser. One that does not come from this sign-in changes nothing."""

    timeout = SECONDS_OF_A_REQUEST  # a connection that says nothing does not stop the sign-in
    server: Callback

    def do_GET(self) -> None:
        """Take the code, if the state is the one of this sign-in."""
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path != self.server.path or not hmac.compare_digest(
            query.get("state", "").encode(), self.server.state.encode()
        ):
            self.send_error(404)
            return
        self.server.query = query
        body = PAGE.format(DONE if "code" in query else FAILED).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")  # the address has the code
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name of the base class
        """Say nothing: the address has the code."""


def challenge(verifier: str) -> str:
    """The code challenge for a verifier (RFC 7636)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def address(sign_in: SignIn, state: str, verifier: str) -> str:
    """The address of the sign-in page."""
    asked = {"response_type": "code", "client_id": sign_in.client_id, "redirect_uri": sign_in.callback, "state": state}
    asked |= {"scope": " ".join(sign_in.scopes), "code_challenge": challenge(verifier), "code_challenge_method": "S256"}
    return f"{sign_in.url}/oauth2/authorize?{urlencode(asked)}"


def sign_in_person(sign_in: SignIn, show: Callable[[str], None], seconds: float) -> tokens.Granted:
    """The tokens of the person who signs in within so many seconds. `show` shows the page, or its address.

    Raises NotSignedIn, Unreachable, WrongUsage.
    """
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    servers = listening(sign_in.callback, state)
    try:
        show(address(sign_in, state, verifier))
        query = wait(servers, seconds)
    finally:
        for server in servers:
            server.server_close()
    if "code" not in query:
        raise NotSignedIn(f"The sign-in has failed: {query.get('error_description') or query.get('error')}.")
    return tokens.of_code(sign_in, query["code"], verifier)


def listening(callback: str, state: str) -> list[Callback]:
    """Servers at the address of the callback, on each loopback address of this machine. Raises WrongUsage."""
    parts = urlsplit(callback)
    if parts.scheme != "http" or parts.hostname not in ("localhost", "127.0.0.1") or not parts.port:
        raise WrongUsage(f"{callback} is not an address of a port of this machine, such as http://localhost:8000/")
    try:
        found = [Callback(("127.0.0.1", parts.port), socket.AF_INET, parts.path, state)]
    except OSError as error:
        raise WrongUsage(f"The sign-in needs the port {parts.port} of this machine: {error.strerror}.") from None
    with suppress(OSError):  # browsers may take localhost for ::1, where there is one
        found.append(Callback(("::1", parts.port), socket.AF_INET6, parts.path, state))
    return found


def wait(servers: list[Callback], seconds: float) -> dict[str, str]:
    """The query that the browser brings. Raises NotSignedIn."""
    until = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        for server in servers:
            selector.register(server, selectors.EVENT_READ, server)
        while (left := until - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                key.data.handle_request()
                if key.data.query is not None:
                    return dict(key.data.query)
    raise NotSignedIn(f"Nobody has signed in within {seconds:g} seconds.")
