"""The files that go to AWS: those of `make run`, the contract of the stack, and only what has changed."""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Mapping

import pytest

from local.web import documentation, web_console
from local.wire.messages import Request
from tools import pages
from tools.pages import CACHE, UPLOADED, File, NotUploaded

ADDRESS = "https://d111111abcdef8.cloudfront.net"
FUNCTIONS = {f"{name}Function": name for name in ("CreateUser", "GetUser", "ListUsers", "UpdateUser", "DeleteUser")}
SIGN_IN = {"UserPoolDomain": "people", "UserPool": "us-east-1_a", "PagesClient": "c1"}


class Shelf(pages.Bucket):
    """A bucket in memory; `calls` has what was asked of CloudFront. It fails at one call, if told to."""

    def __init__(self) -> None:
        super().__init__("shelf", "us-east-1")
        self.objects: dict[str, File] = {}
        self.calls: list[tuple[str, ...]] = []
        self.fails = ""

    def digests(self) -> dict[str, str]:
        return {key: file.digest for key, file in self.objects.items()}

    def uploaded(self) -> dict[str, str]:
        return dict(json.loads(self.objects[UPLOADED].body))

    def put(self, wanted: Mapping[str, File]) -> None:
        for key, file in wanted.items():
            if key == self.fails:
                raise NotUploaded("the network is gone")
            self.objects[key] = file

    def delete(self, keys: Collection[str]) -> None:
        for key in keys:
            del self.objects[key]

    def aws(self, *arguments: str) -> str:
        if arguments[1] == self.fails:
            raise NotUploaded("the network is gone")
        self.calls.append(arguments)
        return ""


def text(body: str, kind: str = "text/plain") -> File:
    return File(body.encode(), kind)


@pytest.mark.parametrize("key", pages.pages())
def test_each_file_is_the_one_that_make_run_serves(key):
    request = Request("GET", f"/{key}", [], b"", "127.0.0.1")
    served = web_console.response(request, "") if web_console.has(request) else documentation.response(request)
    file = pages.pages()[key]
    assert (served.status, served.body) == (200, file.body)
    assert dict(served.headers)["Content-Type"] == file.kind


def test_the_contract_has_what_is_deployed_at_this_address():
    found = pages.files(ADDRESS, "eu-west-1", FUNCTIONS)
    contract = json.loads(found["openapi.json"].body)
    assert contract["servers"][0] == {"url": ADDRESS, "description": "this stack"}
    assert "/users" in contract["paths"]
    assert "/webhooks" not in contract["paths"]
    assert ("sign-in.json" in found, "x-sign-in" in contract) == (False, False)


def test_the_sign_in_is_at_its_own_address():
    found = pages.files(ADDRESS, "eu-west-1", {**FUNCTIONS, **SIGN_IN})
    contract = json.loads(found["openapi.json"].body)
    flow = contract["components"]["securitySchemes"]["signIn"]["flows"]["authorizationCode"]
    assert flow["authorizationUrl"] == "https://people.auth.eu-west-1.amazoncognito.com/oauth2/authorize"
    assert contract["x-sign-in"] == "/sign-in.json"
    facts = json.loads(found["sign-in.json"].body)
    assert facts == {"userPoolId": "us-east-1_a", "clientIds": {"pages": "c1"}}


def test_only_what_has_changed_is_uploaded_and_cloudfront_is_told_of_changes(capsys):
    shelf = Shelf()
    pages.renew(shelf, "E1", {"a.js": text("1"), "b.js": text("1")})
    assert (set(shelf.objects), shelf.calls) == ({"a.js", "b.js", UPLOADED}, [])
    pages.renew(shelf, "E1", {"a.js": text("1"), "b.js": text("1")})
    assert shelf.calls == []
    capsys.readouterr()
    pages.renew(shelf, "E1", {"a.js": text("2"), "c.js": text("1")})
    assert (set(shelf.objects), len(shelf.calls)) == ({"a.js", "c.js", UPLOADED}, 1)
    assert "upload a.js\n          upload c.js\n          delete b.js\n" in capsys.readouterr().out


def test_another_type_of_the_same_bytes_is_a_change_and_so_is_what_somebody_else_wrote():
    shelf = Shelf()
    pages.renew(shelf, "E1", {"a.js": text("1"), "b.js": text("1")})
    shelf.objects["b.js"] = text("theirs")
    pages.renew(shelf, "E1", {"a.js": text("1", "text/javascript"), "b.js": text("1")})
    assert (shelf.objects["a.js"].kind, shelf.objects["b.js"].body) == ("text/javascript", b"1")


@pytest.mark.parametrize("fails", ["b.js", "create-invalidation", UPLOADED])
def test_what_failed_is_done_the_next_time(fails):
    shelf, wanted = Shelf(), {"a.js": text("2"), "b.js": text("2")}
    pages.renew(shelf, "E1", {"a.js": text("1"), "b.js": text("1"), "c.js": text("1")})
    shelf.fails = fails
    with pytest.raises(NotUploaded):
        pages.renew(shelf, "E1", wanted)
    shelf.fails = ""
    shelf.calls.clear()
    pages.renew(shelf, "E1", wanted)
    assert ({key: shelf.objects[key] for key in wanted}, "c.js" in shelf.objects) == (wanted, False)
    assert len(shelf.calls) == 1


def test_a_dry_run_only_says_what_would_be_done(capsys):
    shelf = Shelf()
    pages.renew(shelf, "E1", {"a.js": text("1")}, dry=True)
    assert (shelf.objects, shelf.calls) == ({}, [])
    assert capsys.readouterr().out == "pages     would upload 1, would delete 0\n          would upload a.js\n"


def test_a_failure_of_the_aws_cli_is_told(monkeypatch, capsys, tmp_path):
    (tmp_path / "aws").write_text("#!/bin/sh\necho 'no such bucket' >&2\nexit 254\n")
    (tmp_path / "aws").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("sys.stdin", io.StringIO("UsersApi\tAWS::ApiGateway::RestApi\tabc\n"))
    assert pages.main([ADDRESS, "us-east-1", "bucket", "E1"]) == 1
    said = capsys.readouterr().err
    assert said == "pages: no such bucket\npages: not everything is uploaded; run this again\n"


def test_wrong_usage_is_refused(capsys):
    assert pages.main([ADDRESS]) == 2
    assert "RESOURCES" in capsys.readouterr().err


def test_a_browser_asks_each_time_and_cloudfront_does_not():
    assert CACHE == "max-age=0, s-maxage=86400"
