"""An upload becomes the picture of its user, on a real bucket and database, whatever fails and repeats."""

from __future__ import annotations

import itertools
import json
import uuid

import pytest

from consumers import wiring
from consumers.process_picture import process_picture, uploaded
from consumers.remove_pictures import remove_user
from pictures.errors import AvatarNotFound
from pictures.keys import MOST_BYTES, upload_key
from tests.support.pictures import Studio, picture, read
from utils.consumer import Event, Unprocessable, _event
from utils.deadline import Deadline

IMAGING = wiring.imaging(Deadline(1))
ENVELOPE = {
    "version": "0",
    "id": "17793124-05d4-b198-2fde-7ededc63b103",
    "detail-type": "Object Created",
    "source": "aws.s3",
    "time": "2026-11-26T12:00:00Z",
    "detail": {"bucket": {"name": "b"}, "object": {"key": "uploads/a/b", "size": 5, "etag": "e", "sequencer": "0"}},
}


class Crash(BaseException):
    """The end of the process."""


class Crashing:
    """An object that ends the process before or after one of its calls."""

    def __init__(self, inner, name, at):
        self.inner, self.name, self.at = inner, name, at

    def __getattr__(self, name):
        call = getattr(self.inner, name)
        if name != self.name:
            return call

        def crashing(*arguments):
            if self.at == "after":
                call(*arguments)
            raise Crash

        return crashing


@pytest.fixture(scope="module")
def studio(emulator):
    return Studio(emulator)


def uploads(studio, user, content, ticket="1-a"):
    key = upload_key(user, ticket)
    studio.s3.put_object(Bucket=studio.bucket, Key=key, Body=content)
    return Event("Object Created", {"id": str(uuid.uuid4()), "schemaVersion": 1, "time": "", "key": key})


def process(studio, event, store=None, records=None):
    process_picture(event, store or studio.store, records or studio.records, IMAGING)


def shown(studio, user):
    """The color of the picture that is shown; None if there is none."""
    try:
        record = studio.records.find(user)
    except AvatarNotFound:
        return None
    key = f"pictures/{user}/{record['ticket']}/{record['digest']}-128.webp"
    red, _, blue = read(studio.store.get(key, MOST_BYTES)).convert("RGB").getpixel((64, 64))
    return "red" if red > blue else "blue"


def objects(studio, user):
    """Uploads and pictures of a user."""
    return len(studio.keys(f"uploads/{user}/")), len(studio.keys(f"pictures/{user}/"))


def test_the_event_of_s3_is_read():
    event = _event({"body": json.dumps(ENVELOPE)}, uploaded)
    assert (event.type, event.detail["key"]) == ("Object Created", "uploads/a/b")


@pytest.mark.parametrize("body", ["", "{}", "[]", json.dumps({**ENVELOPE, "detail": {}})])
def test_what_is_no_event_of_s3_is_set_aside(body):
    with pytest.raises(Unprocessable):
        _event({"body": body}, uploaded)


@pytest.mark.parametrize("times", [1, 2, 5])
def test_an_upload_is_shown_and_deleted_however_often_its_event_comes(studio, times):
    user = studio.user()
    event = uploads(studio, user, picture("red"))
    for _ in range(times):
        process(studio, event)
    assert shown(studio, user) == "red"
    assert objects(studio, user) == (0, 2)


def test_two_copies_of_an_event_at_once_leave_one_picture(studio):
    user = studio.user()
    event = uploads(studio, user, picture("red"))
    process(studio, event)
    uploads(studio, user, picture("red"))
    process(studio, event)
    assert (shown(studio, user), objects(studio, user)) == ("red", (0, 2))


@pytest.mark.parametrize(
    "content", [b"", b"<svg/>", picture("blue")[:-50], b"x" * (MOST_BYTES + 1)], ids=["empty", "svg", "cut", "large"]
)
def test_an_upload_that_is_refused_is_deleted_and_the_picture_stays(studio, content, caplog):
    user = studio.user()
    process(studio, uploads(studio, user, picture("red")))
    process(studio, uploads(studio, user, content, "2-b"))
    assert (shown(studio, user), objects(studio, user)) == ("red", (0, 2))
    assert [line.msg for line in caplog.records if line.levelname == "WARNING"] == ["picture_refused"]


@pytest.mark.parametrize("order", list(itertools.permutations(["1-a", "2-b"])))
def test_of_two_uploads_that_of_the_later_form_wins(studio, order):
    user = studio.user()
    colors = {"1-a": "red", "2-b": "blue"}
    for event in [uploads(studio, user, picture(colors[ticket]), ticket) for ticket in order]:
        process(studio, event)
    assert shown(studio, user) == "blue"


def test_the_upload_of_a_user_that_is_gone_leaves_nothing(studio):
    user = studio.user()
    event = uploads(studio, user, picture())
    studio.delete_user(user)
    process(studio, event)
    assert (shown(studio, user), objects(studio, user)) == (None, (0, 0))


@pytest.mark.parametrize("step", ["put", "point"])
def test_a_user_that_goes_meanwhile_leaves_nothing(studio, step):
    """The consumer of the deletion runs before the objects are written, or before the record is."""
    user = studio.user()
    event = uploads(studio, user, picture())

    class Meanwhile(Crashing):
        def __getattr__(self, name):
            if name == self.name:
                studio.delete_user(user)
                remove_user(
                    Event("UserDeleted", {"id": "1", "schemaVersion": 1, "time": "", "userId": user}),
                    studio.store,
                    studio.records,
                )
            return getattr(self.inner, name)

    store, records = studio.store, studio.records
    process(studio, event, *(Meanwhile(it, step, "") for it in (store, records)))
    assert (shown(studio, user), objects(studio, user)) == (None, (0, 0))


@pytest.mark.parametrize("at", ["before", "after"])
@pytest.mark.parametrize("step", ["get", "put", "point", "delete"])
def test_after_a_crash_at_any_step_the_repetition_completes_the_work(studio, step, at):
    user = studio.user()
    event = uploads(studio, user, picture("red"))
    with pytest.raises(Crash):
        process(studio, event, *(Crashing(it, step, at) for it in (studio.store, studio.records)))
    process(studio, event)
    assert (shown(studio, user), objects(studio, user)) == ("red", (0, 2))


@pytest.mark.parametrize("at", ["before", "after"])
@pytest.mark.parametrize("step", ["put", "point", "delete"])
def test_after_a_crash_and_the_end_of_the_user_the_repetition_leaves_nothing(studio, step, at):
    user = studio.user()
    event = uploads(studio, user, picture("red"))
    with pytest.raises(Crash):
        process(studio, event, *(Crashing(it, step, at) for it in (studio.store, studio.records)))
    studio.delete_user(user)
    remove_user(
        Event("UserDeleted", {"id": "1", "schemaVersion": 1, "time": "", "userId": user}), studio.store, studio.records
    )
    process(studio, event)
    assert (shown(studio, user), objects(studio, user)) == (None, (0, 0))


def test_an_object_elsewhere_is_left_alone(studio):
    event = Event("Object Created", {"id": "1", "schemaVersion": 1, "time": "", "key": "uploads/none"})
    studio.s3.put_object(Bucket=studio.bucket, Key="uploads/none", Body=b"x")
    process(studio, event)
    assert studio.keys("uploads/none") == ["uploads/none"]


def seeded(*, ignores_user=False, ignores_order=False, keeps_objects=False):
    """A wrong version of the function, for the test of the tests."""

    def process_wrongly(event, store, records, imaging):
        class Records:
            def point(self, user, ticket, digest):
                if ignores_user or ignores_order:
                    item = {"userId": {"S": user}, "ticket": {"S": ticket}, "digest": {"S": digest}}
                    records._call("PutItem", {"TableName": records._table, "Item": item})
                    return True
                return records.point(user, ticket, digest) or keeps_objects

        process_picture(event, store, Records(), imaging)

    return process_wrongly


WRONG = {
    "without a look at the user": (
        seeded(ignores_user=True),
        lambda: test_the_upload_of_a_user_that_is_gone_leaves_nothing,
        (),
    ),
    "the last one to end wins": (
        seeded(ignores_order=True),
        lambda: test_of_two_uploads_that_of_the_later_form_wins,
        (("2-b", "1-a"),),
    ),
    "objects stay without a record": (
        seeded(keeps_objects=True),
        lambda: test_the_upload_of_a_user_that_is_gone_leaves_nothing,
        (),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_version_is_noticed(studio, monkeypatch, name):
    wrong, check, arguments = WRONG[name]
    monkeypatch.setitem(globals(), "process", lambda studio, event: wrong(event, studio.store, studio.records, IMAGING))
    with pytest.raises(AssertionError):
        check()(studio, *arguments)
