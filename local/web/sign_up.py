"""The pages on which a person signs up, beside the sign-in page of the emulated AWS, which has none.

Cognito's pages are at the same paths. The query is that of the sign-in page, to which a person goes on.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode

from local.stack.calls import CallError, cognito
from local.web import outbox
from local.wire.messages import Request, Response

SIGN_UP, CONFIRM, SIGN_IN = "/signup", "/confirmUser", "/oauth2/authorize"
PATHS = frozenset({SIGN_UP, CONFIRM})
SIGN_IN_PAGES = frozenset({SIGN_IN, "/login"})
# The fields of the query that leads to the sign-in page.
ASKED = (
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "response_type",
    "code_challenge",
    "code_challenge_method",
    "nonce",
)
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Sign up</title>
<body style="font: 16px/1.5 sans-serif; max-width: 24em; margin: 2em auto">
<h1>Sign up</h1>
<p role="alert">{problem}</p>
<form method="post" action="{action}">{fields}</form>
</body></html>
"""
PERSON = """
<p><label>Email<br><input type="email" name="email" value="{email}" autocomplete="email" required></label></p>
<p><label>Name<br><input name="name" value="{name}" autocomplete="name"></label></p>
<p><label>Password<br><input type="password" name="password" autocomplete="new-password" required></label></p>
<p><button>Sign up</button></p>
"""
CODE = """
<p>A code was sent to {email}: see <a href="{outbox}" target="_blank">the outbox</a>.</p>
<input type="hidden" name="email" value="{email}">
<p><label>Code<br><input name="code" inputmode="numeric" autocomplete="one-time-code" required></label></p>
<p><button>Confirm</button></p>
"""
LINK = '<p><a href="{address}">Sign up</a></p>'
END = b"</form>"


def response(request: Request, endpoint: str) -> Response:
    """The page for a request of one of PATHS."""
    path, _, query = request.target.partition("?")
    asked, given = asked_in(query), fields_in(request.body)
    if request.method != "POST":
        return page(SIGN_UP, asked, PERSON, given)
    try:
        if path == CONFIRM:
            confirm(endpoint, asked, given)
            return Response(302, [("Location", f"{SIGN_IN}?{urlencode(asked)}")], b"")
        sign_up(endpoint, asked, given)
    except CallError as error:
        return page(path, asked, CODE if path == CONFIRM else PERSON, given, error.message or str(error))
    return page(CONFIRM, asked, CODE, given)


def sign_up(endpoint: str, asked: Mapping[str, str], given: Mapping[str, str]) -> None:
    """Make the person, who gets a code. Raises CallError."""
    attributes = {"email": given.get("email", ""), "name": given.get("name", "")}
    pairs = [{"Name": name, "Value": value} for name, value in attributes.items() if value]
    person = {"Username": given.get("email", ""), "Password": given.get("password", ""), "UserAttributes": pairs}
    cognito(endpoint, "SignUp", {"ClientId": asked.get("client_id", ""), **person})


def confirm(endpoint: str, asked: Mapping[str, str], given: Mapping[str, str]) -> None:
    """Take the code. Raises CallError."""
    code: dict[str, Any] = {"Username": given.get("email", ""), "ConfirmationCode": given.get("code", "")}
    cognito(endpoint, "ConfirmSignUp", {"ClientId": asked.get("client_id", ""), **code})


def page(path: str, asked: Mapping[str, str], fields: str, given: Mapping[str, str], problem: str = "") -> Response:
    """A form that leads to `path`, with what a person has given before."""
    known = {"email": given.get("email", ""), "name": given.get("name", ""), "outbox": outbox.PATH}
    shown = fields.format_map({name: html.escape(value) for name, value in known.items()})
    action = html.escape(f"{path}?{urlencode(asked)}")
    body = PAGE.format(problem=html.escape(problem), action=action, fields=shown)
    return Response(200, list(outbox.HEADERS), body.encode())


def with_link(request: Request, body: bytes) -> bytes:
    """The sign-in page, as the response to a request, with a link to the page to sign up."""
    path, _, query = request.target.partition("?")
    if path not in SIGN_IN_PAGES or END not in body:
        return body
    asked = asked_in(query) or asked_in(request.body)
    if not asked:  # it asks for a new password
        return body
    link = LINK.format(address=html.escape(f"{SIGN_UP}?{urlencode(asked)}"))
    return body.replace(END, END + link.encode(), 1)


def asked_in(text: str | bytes) -> dict[str, str]:
    """The fields of a query or a form that are for the sign-in page."""
    found = fields_in(text)
    return {name: found[name] for name in ASKED if name in found}


def fields_in(text: str | bytes) -> dict[str, str]:
    """The fields of a query or a form."""
    written = text.decode(errors="replace") if isinstance(text, bytes) else text
    return {name: values[0] for name, values in parse_qs(written).items()}
