"""Pictures at `make run`: from the form to the redirect, with real files."""

from __future__ import annotations

import io
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from tests.api.client import send
from tests.local.test_sources import until
from tests.support.pictures import picture
from tests.support.server import Server
from tests.support.uploads import upload

pytestmark = pytest.mark.local_only


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def path(server: Server) -> str:
    """The avatar of a new user."""
    user = send(server.url, "POST", "/users", {"name": "Ann", "email": f"{uuid.uuid4()}@example.com"}).json
    return f"/users/{user['userId']}/avatar"


def form(server: Server, path: str, content_type: str = "image/jpeg") -> dict[str, Any]:
    answer = send(server.url, "POST", path, {"contentType": content_type})
    assert answer.status == 200, answer.body
    return dict(answer.json)


def shown(server: Server, path: str, query: str = "") -> Image.Image | None:
    """The picture that a client is sent to, if any."""
    answer = send(server.url, "GET", f"{path}{query}")
    if answer.status == 404:
        return None
    assert answer.status == 302, answer.body
    with urllib.request.urlopen(answer.headers["location"], timeout=10) as found:
        assert found.headers["content-type"] == "image/webp"
        return Image.open(io.BytesIO(found.read()))


def test_an_upload_becomes_the_avatar(server, path):
    assert shown(server, path) is None
    assert upload(form(server, path), picture("red")) == 204
    found = until(lambda: shown(server, path), lambda image: image is not None)
    assert (found.format, found.size) == ("WEBP", (512, 512))
    red, green, blue = found.convert("RGB").getpixel((256, 256))
    assert red > 240 and green < 15 and blue < 15  # noqa: PT018 - one colour
    assert shown(server, path, "?size=128").size == (128, 128)


def test_s3_refuses_what_the_form_does_not_allow(server, path):
    sent = form(server, path)
    large = b"x" * (sent["maxBytes"] + 1)
    assert upload(sent, large) == 400
    assert upload(sent, b"") == 400
    assert upload(sent, picture(), key="pictures/mine") == 403
    assert upload(sent, picture(), **{"Content-Type": "image/svg+xml"}) == 403
    assert shown(server, path) is None


def test_a_later_picture_replaces_the_first_and_its_objects_go(server, path):
    assert upload(form(server, path), picture("red")) == 204
    until(lambda: objects(server, path), lambda keys: len(keys) == 2)
    first = send(server.url, "GET", path).headers["etag"]
    assert upload(form(server, path, "image/png"), picture("blue", "PNG")) == 204
    until(lambda: send(server.url, "GET", path).headers["etag"], lambda tag: tag != first)
    until(lambda: objects(server, path), lambda keys: len(keys) == 2)


def test_a_client_that_has_the_picture_is_told_so(server, path):
    assert upload(form(server, path), picture("red")) == 204
    until(lambda: shown(server, path), lambda image: image is not None)
    tag = send(server.url, "GET", path).headers["etag"]
    answer = send(server.url, "GET", path, headers={"If-None-Match": tag})
    assert (answer.status, answer.headers["etag"]) == (304, tag)
    assert answer.headers["location"].startswith("http")


def test_an_upload_that_is_no_picture_is_deleted_and_told_on_the_console(server, path):
    assert upload(form(server, path), b"<svg xmlns='http://www.w3.org/2000/svg'/>") == 204
    until(lambda: server.output, lambda output: "picture_refused" in output)
    assert shown(server, path) is None
    assert until(lambda: objects(server, path), lambda keys: keys == []) == []


def test_a_deleted_picture_is_gone_with_its_objects(server, path):
    assert upload(form(server, path), picture("red")) == 204
    until(lambda: shown(server, path), lambda image: image is not None)
    assert send(server.url, "DELETE", path).status == 200
    assert send(server.url, "GET", path).json["code"] == "avatar_not_found"
    assert send(server.url, "DELETE", path).json["code"] == "avatar_not_found"
    until(lambda: objects(server, path), lambda keys: keys == [])


def test_the_picture_goes_with_its_user_and_a_late_upload_leaves_nothing(server, path):
    assert upload(form(server, path), picture("red")) == 204
    until(lambda: shown(server, path), lambda image: image is not None)
    late = form(server, path)
    assert send(server.url, "DELETE", path.removesuffix("/avatar")).status == 200
    assert send(server.url, "GET", path).json["code"] == "user_not_found"
    assert send(server.url, "POST", path, {"contentType": "image/png"}).json["code"] == "user_not_found"
    until(lambda: objects(server, path), lambda keys: keys == [])
    assert upload(late, picture("red")) == 204
    until(lambda: server.output, lambda output: "picture_not_wanted" in output)
    until(lambda: objects(server, path), lambda keys: keys == [])


def test_without_the_parameter_there_is_no_route_and_no_bucket():
    with Server(parameters="Pictures=false") as server:
        user = send(server.url, "POST", "/users", {"name": "Ann", "email": "ann@example.com"}).json
        for method in ("GET", "POST", "DELETE"):
            assert send(server.url, method, f"/users/{user['userId']}/avatar").json["code"] == "route_not_found"
        assert buckets(server) == []
        assert "/users/{userId}/avatar" not in send(server.url, "GET", "/openapi.json").json["paths"]


def buckets(server: Server) -> list[str]:
    """The names of the buckets for pictures: one or none."""
    names = [each["Name"] for each in server.client("s3").list_buckets()["Buckets"]]
    return [name for name in names if "picture" in name]


def objects(server: Server, path: str) -> list[str]:
    """The keys of all objects of a user, uploads included."""
    s3, user = server.client("s3"), path.split("/")[2]
    [bucket] = buckets(server)
    found = s3.list_objects_v2(Bucket=bucket).get("Contents") or ()
    return [each["Key"] for each in found if user in each["Key"]]
