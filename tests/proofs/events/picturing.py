"""What pictures promise while S3 fails: a picture is shown whole or not yet, and what is removed is gone in the end."""

from __future__ import annotations

import itertools
import json
import time
import uuid
from collections.abc import Callable
from typing import Any
from unittest import mock

from botocore.awsrequest import AWSResponse

from dynamodb.values import from_item, to_item
from pictures.keys import new_ticket, of_user, picture_keys, upload_key
from tests.proofs.events.messages import Message, envelope, message, now, whole
from tests.proofs.events.running import Running
from tests.proofs.events.services import Answer, Faults, client_of, not_reached, refusal, response, timed_out
from tests.proofs.faults.kinds import ALWAYS
from tests.proofs.system import System
from tests.support.pictures import picture
from tests.unit.consumers.records import user

DELIVERIES = 3
FAULTS: dict[str, tuple[Answer, bool]] = {  # and whether S3 has done what was asked
    "throttling": (refusal("SlowDown", 503), False),
    "a refusal": (refusal("AccessDenied", 403), False),
    "no connection": (not_reached, False),
    "no answer": (timed_out, False),
    "a lost answer": (timed_out, True),
}
Effect = Callable[[Running, Faults], int]


def an_upload_becomes_a_picture(running: Running) -> None:
    """Any call of S3 may fail, before or after its effect, until the function gives up."""
    whatever_fails(running, processed)


def the_pictures_of_a_deleted_user_go(running: Running) -> None:
    """The same, for the objects of a user that is deleted. S3 may also keep single objects."""
    calls = whatever_fails(running, removed)
    for nth in range(1, calls + 1):
        removed(running, Faults(kept_one, nth))


def whatever_fails(running: Running, effect: Effect) -> int:
    """The effect is there in the end, whatever call fails; how many calls it takes."""
    calls = effect(running, Faults())
    for (answer, after), nth in itertools.product(FAULTS.values(), range(1, calls + 1)):
        effect(running, Faults(answer, nth, ALWAYS, after))
    return calls


def kept_one(request: Any) -> AWSResponse | None:
    """S3 says of one object that it is not deleted. A request that deletes none meets no fault."""
    if "delete" not in request.url.partition("?")[2]:
        return None
    body = b"<DeleteResult><Error><Key>any</Key><Code>InternalError</Code></Error></DeleteResult>"
    return response(request, 200, body)


def processed(running: Running, faults: Faults) -> int:
    """An upload comes: in the end its picture is shown, and the upload is gone."""
    user_id, ticket = known_user(running), new_ticket(time.time(), uuid.uuid4().hex)
    place = upload_key(user_id, ticket)
    stored(running, place)
    told = {"source": "aws.s3", "id": str(uuid.uuid4()), "detail-type": "Object Created", "time": now()}
    sent = message(json.dumps({**told, "detail": {"object": {"key": place}}}))
    delivered(running, faults, sent, lambda: assert_whole(running, user_id))
    digest = record(running, user_id).get("digest")
    assert digest, "the upload is gone, and no picture is shown"
    assert keys(running, user_id) == sorted(picture_keys(user_id, ticket, digest).values()), keys(running, user_id)
    return len(faults.seen)


def removed(running: Running, faults: Faults) -> int:
    """A user is deleted: in the end no object is there, and no record."""
    user_id, ticket = str(uuid.uuid4()), new_ticket(time.time(), uuid.uuid4().hex)
    stored(running, *picture_keys(user_id, ticket, "0" * 32).values(), upload_key(user_id, ticket))
    sent = message(envelope("UserDeleted", {**whole(), "userId": user_id, "userVersion": 2}))
    delivered(running, faults, sent, lambda: None)
    assert keys(running, user_id) == [], keys(running, user_id)
    return len(faults.seen)


def delivered(running: Running, faults: Faults, sent: Message, holds: Callable[[], None]) -> None:
    """Deliver a message until it is done. The first delivery meets the faults, and `holds` is asked after each."""
    for delivery in range(DELIVERIES):
        meets = faults if delivery == 0 else Faults()
        with mock.patch("botocore.endpoint.time"):  # no pause before another attempt
            outcome = running.invoke([sent], wire=lambda system, it=meets: wired(running, system, it))  # type: ignore[misc]
        assert outcome.aside == [], f"a fault of S3 sets a message aside: {outcome.aside}"
        assert not [line for line in outcome.logged if "secret inner words" in str(vars(line))], "S3 is quoted"
        holds()
        if not outcome.failed:
            return
    raise AssertionError(f"the message fails {DELIVERIES} times")


def wired(running: Running, system: System, faults: Faults) -> None:
    """Let the function have a client of S3 with faults."""
    client = faults.install(client_of(system, "pictures", "s3", attempts=3), "s3")
    bucket = running.consumer.environment["PICTURES_BUCKET"]
    system.module("consumers.wiring")._built["pictures"] = system.module("adapters.object_store").ObjectStore(
        client, bucket
    )


def known_user(running: Running) -> str:
    """A new user; its id."""
    made = user(userId=str(uuid.uuid4()), email=f"{uuid.uuid4()}@example.com", createdAt=now(), updatedAt=now())
    running.stage.put_user(to_item(made))
    return str(made["userId"])


def stored(running: Running, *places: str) -> None:
    """Objects in the bucket, each a picture."""
    for place in places:
        running.stage.s3.put_object(Bucket=running.stage.names["PicturesBucket"], Key=place, Body=picture(size=(8, 8)))


def assert_whole(running: Running, user_id: str) -> None:
    """If the record names a picture, its objects are there."""
    found = record(running, user_id)
    if found:
        named = set(picture_keys(user_id, found["ticket"], found["digest"]).values())
        assert named <= set(keys(running, user_id)), "the record names objects that are not there"


def record(running: Running, user_id: str) -> dict[str, Any]:
    """The record of a user's picture; empty if there is none."""
    table = running.stage.names["PicturesTable"]
    return from_item(
        running.stage.database.get_item(TableName=table, Key=to_item({"userId": user_id})).get("Item") or {}
    )


def keys(running: Running, user_id: str) -> list[str]:
    """The keys of all objects of a user."""
    bucket = running.stage.names["PicturesBucket"]
    pages = (running.stage.s3.list_objects_v2(Bucket=bucket, Prefix=prefix) for prefix in of_user(user_id))
    return sorted(it["Key"] for page in pages for it in page.get("Contents", ()))
