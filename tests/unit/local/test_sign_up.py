"""The pages to sign up: what they carry on to the sign-in page, and what they never show or carry."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from local.web.sign_up import response, with_link
from local.wire.messages import Request, Response

ASKED = {"client_id": "a client", "redirect_uri": "http://localhost:8000/?a=b", "state": "x&y", "code_challenge": "c"}
GIVEN = {"email": '"><script>@example.com', "name": "<b>Ann</b>", "password": "secret-secret"}
FORM = b'<form method="POST" action="/login"><input name="username"></form>'


def request(method: str, path: str, body: str = "", query: dict[str, str] = ASKED) -> Request:
    return Request(method, f"{path}?{urlencode(query)}", [], body.encode(), "127.0.0.1")


@pytest.fixture
def endpoint():
    """An AWS that refuses every call."""

    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = b'{"__type": "NotAuthorizedException", "message": "<i>no</i>"}'
            self.send_response(400)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Refusing)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def link_in(body: bytes) -> dict[str, list[str]]:
    address = body.decode().split('href="')[1].split('"')[0].replace("&amp;", "&")
    assert address.startswith("/signup?")
    return parse_qs(urlsplit(address).query)


def test_the_sign_in_page_has_a_link_that_carries_what_a_page_asked_for():
    asked = with_link(request("GET", "/oauth2/authorize"), FORM)
    again = with_link(request("POST", "/login", urlencode({**ASKED, "username": "ann", "password": "p"}), {}), FORM)
    assert link_in(asked) == link_in(again) == {name: [value] for name, value in ASKED.items()}


@pytest.mark.parametrize(
    ("path", "body", "query"),
    [
        ("/oauth2/token", FORM, ASKED),
        ("/oauth2/authorize", b'{"error": "invalid_request"}', ASKED),
        ("/login", FORM, {}),  # the form for a new password carries a token only
    ],
)
def test_other_responses_have_none(path, body, query):
    assert with_link(request("POST", path, "np_token=t", query), body) == body


@pytest.mark.parametrize("path", ["/signup", "/confirmUser"])
def test_a_refusal_shows_the_form_again_with_its_reason_and_without_the_password(path, endpoint):
    found = response(request("POST", path, urlencode(GIVEN)), endpoint)
    shown = found.body.decode()
    assert found.status == 200
    assert "&lt;i&gt;no&lt;/i&gt;" in shown
    assert "&quot;&gt;&lt;script&gt;@example.com" in shown
    assert f'action="{path}?' in shown
    for text in ("<i>", "<script>", "<b>", GIVEN["password"]):
        assert text not in shown


def test_the_form_runs_nothing_and_is_in_no_frame():
    found: Response = response(request("GET", "/signup"), "http://127.0.0.1:9")
    assert "default-src 'none'" in dict(found.headers)["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in dict(found.headers)["Content-Security-Policy"]
