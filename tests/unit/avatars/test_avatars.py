"""The routes of avatars: each handler on a real database, called as API Gateway calls it."""

from __future__ import annotations

import json

import pytest

from avatars import create_upload, delete_avatar, get_avatar, wiring
from avatars.access import SAME_SECONDS, Access
from dynamodb.signing import Credentials
from pictures.errors import AvatarNotFound, InvalidUpload
from pictures.signing import Bucket
from tests.support.events import event
from users.errors import UserNotFound
from utils.deadline import Deadline
from utils.errors import InvalidHeader, InvalidQuery
from utils.http import Request

NOW = 1_795_953_600.0
NOBODY = "00000000-0000-4000-8000-000000000000"


class Users:
    """The users that are there."""

    def __init__(self, *ids):
        self.ids = ids

    def get(self, user_id):
        if user_id not in self.ids:
            raise UserNotFound
        return {"userId": user_id}


def access(now=NOW):
    return Access(Bucket("b", "eu-west-1", "https://b.example"), Credentials("AKID", "secret"), now, "token")


def request(method, user, body=None, headers=None, query=""):
    parameters = get_avatar.PARAMETERS if method == "GET" else {}
    sent = {**event(method, f"/users/{user}", body, headers, query), "pathParameters": {"userId": user}}
    return Request(sent, Deadline(5), parameters)


@pytest.fixture
def ann(studio):
    """A user with a picture."""
    user = studio.user()
    studio.records.point(user, "1-a", "d1")
    return user


def got(studio, user, now=NOW, query="", **headers):
    sent = request("GET", user, headers={name.replace("_", "-"): value for name, value in headers.items()}, query=query)
    return get_avatar.get_avatar(sent, Users(user), studio.records, access(now))


def test_a_form_is_for_one_key_type_and_size():
    sent = request("POST", NOBODY, {"contentType": "image/png"})
    told = json.loads(create_upload.create_upload(sent, Users(NOBODY), access()).body)
    assert told["fields"]["key"] == f"uploads/{NOBODY}/1795953600000-token"
    assert told["fields"]["Content-Type"] == "image/png"
    assert (told["url"], told["maxBytes"], told["expiresAt"]) == (
        "https://b.example",
        5 * 1024 * 1024,
        "2026-11-29T12:05:00.000Z",
    )


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"contentType": "image/svg+xml"},
        {"contentType": None},
        {"contentType": ["image/png"]},
        {"contentType": "image/png", "key": "a"},
        [],
    ],
)
def test_a_form_for_anything_else_is_refused(body):
    with pytest.raises(InvalidUpload):
        create_upload.create_upload(request("POST", NOBODY, body), Users(NOBODY), access())


def test_nobody_gets_a_form_for_a_user_that_is_not_there():
    with pytest.raises(UserNotFound):
        create_upload.create_upload(request("POST", NOBODY, {"contentType": "image/png"}), Users(), access())


def test_the_client_is_sent_to_the_picture(studio, ann):
    answer = got(studio, ann)
    assert answer.status == 302
    assert answer.headers["Location"].startswith(f"https://b.example/pictures/{ann}/1-a/d1-512.webp?")
    assert answer.headers["ETag"] == '"d1-512"'


def test_the_client_chooses_the_size(studio, ann):
    assert "/d1-128.webp?" in got(studio, ann, query="size=128").headers["Location"]


@pytest.mark.parametrize("size", ["", "0", "129", "0128", "512.0", "١٢٨", "128&size=512"])
def test_no_other_size_is_known(studio, ann, size):
    with pytest.raises(InvalidQuery):
        got(studio, ann, query=f"size={size}").headers  # noqa: B018


@pytest.mark.parametrize("tag", ['"d1-512"', 'W/"d1-512"', '"a", "d1-512"', "*"])
def test_a_client_that_has_the_picture_is_told_so_and_where_it_is(studio, ann, tag):
    answer = got(studio, ann, If_None_Match=tag)
    assert (answer.status, answer.body) == (304, "")
    assert answer.headers["Location"] == got(studio, ann).headers["Location"]


@pytest.mark.parametrize("tag", ['"d2-512"', '"d1-128"', '"d1"'])
def test_a_client_that_has_another_picture_is_sent_to_this_one(studio, ann, tag):
    assert got(studio, ann, If_None_Match=tag).status == 302


def test_a_header_that_cannot_be_read_is_told(studio, ann):
    with pytest.raises(InvalidHeader):
        got(studio, ann, If_None_Match="d1-512")


def test_a_url_stays_the_same_for_some_minutes_and_is_valid_then(studio, ann):
    begin = NOW - NOW % SAME_SECONDS
    first, last, next_ = (
        got(studio, ann, begin + more).headers["Location"] for more in (0, SAME_SECONDS - 1, SAME_SECONDS)
    )
    assert first == last != next_
    assert f"X-Amz-Expires={2 * SAME_SECONDS}&" in first


def test_a_user_without_a_picture_has_none(studio):
    with pytest.raises(AvatarNotFound):
        got(studio, studio.user())


def test_the_picture_of_a_user_that_is_gone_is_not_shown_even_before_it_is_removed(studio, ann):
    with pytest.raises(UserNotFound):
        get_avatar.get_avatar(request("GET", ann), Users(), studio.records, access())


def test_a_deleted_picture_is_gone(studio, ann):
    answer = delete_avatar.delete_avatar(request("DELETE", ann), Users(ann), studio.records, "2-x")
    assert json.loads(answer.body) == {"message": "Avatar deleted.", "userId": ann}
    with pytest.raises(AvatarNotFound):
        got(studio, ann)


def test_the_picture_of_nobody_cannot_be_deleted(studio):
    with pytest.raises(UserNotFound):
        delete_avatar.delete_avatar(request("DELETE", NOBODY), Users(), studio.records, "2-x")


@pytest.fixture
def settings(monkeypatch):
    names = ("USERS_TABLE", "USER_KEYS_TABLE", "PICTURES_TABLE", "PICTURES_BUCKET", "AWS_REGION")
    for name in (*names, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "eu-west-1")
    monkeypatch.setenv("CORS_ORIGIN", "*")
    monkeypatch.setenv("SIGN_IN", "false")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


def test_a_handler_reads_its_settings(settings):
    form = wiring.access(Deadline(1)).upload(NOBODY, "image/png")
    assert form["url"] == "https://eu-west-1.s3.eu-west-1.amazonaws.com"
    assert wiring.records(Deadline(1))


class Context:
    aws_request_id = "1"

    def get_remaining_time_in_millis(self):
        return 10_000


@pytest.mark.parametrize(
    ("module", "method"), [(create_upload, "POST"), (get_avatar, "GET"), (delete_avatar, "DELETE")]
)
def test_each_handler_answers_a_path_that_is_no_user(settings, module, method):
    body = {"contentType": "image/png"} if method == "POST" else None
    sent = {**event(method, "/users/me", body), "pathParameters": {"userId": "me"}}
    assert module.lambda_handler(sent, Context())["statusCode"] == 404
