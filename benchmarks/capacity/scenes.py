"""What each consumer receives in the benchmark, and what it finds: users, letters, webhooks, pictures, subscribers."""

from __future__ import annotations

import io
import json
import random
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from PIL import Image

from benchmarks.stage.database import client_of
from dynamodb.values import to_item
from live.table import key, of_topic
from mail.outcomes import SENT_EVENT
from pictures.keys import new_ticket, picture_keys, upload_key
from users import events
from utils.deadline import Deadline
from utils.timestamps import rfc3339
from verification.renewals import DAY, PREFIX
from webhooks.delivery import planned
from webhooks.model import new_webhook

Record = dict[str, Any]
SIDES = (4000, 3000)  # pixels of an upload: the photo of a phone
KEPT_SECONDS = 3600


@dataclass(frozen=True)
class Scene:
    """The resources of the template on an emulated AWS, and a receiver of webhooks that answers 200 to every POST."""

    endpoint: str
    receiver: str
    names: Mapping[str, str]  # of the resources, by logical id

    def put(self, table: str, item: Mapping[str, Any]) -> None:
        """Write an item, by the logical id of its table."""
        client_of(self.endpoint).call("PutItem", {"TableName": self.names[table], "Item": item}, Deadline(10))

    def store(self, *keys: str, content: bytes = b"picture") -> None:
        """Write objects into the bucket of pictures."""
        client = boto3.client("s3", endpoint_url=self.endpoint)
        for each in keys:
            client.put_object(Bucket=self.names["PicturesBucket"], Key=each, Body=content)


@dataclass(frozen=True)
class Case:
    """A consumer and what it receives; `prepare` makes what it finds each time."""

    consumer: str
    function: str
    record: Callable[[Scene], Record]
    prepare: Callable[[Scene], None] = lambda _: None
    sizes: tuple[int, ...] = (1, 10)  # of a batch
    batches: int = 50


def change(_: Scene) -> Record:
    """A record of the stream of users: a user is created."""
    user = new_user()
    images = {"Keys": to_item({"userId": user["userId"]}), "NewImage": to_item(user)}
    told = {**images, "SequenceNumber": "1", "ApproximateCreationDateTime": time.time()}
    return {"eventID": "1", "eventName": "INSERT", "eventSource": "aws:dynamodb", "dynamodb": told}


def new_user() -> dict[str, str | int]:
    """A user as the repository keeps it."""
    user_id = str(uuid.uuid4())
    times = dict.fromkeys(("createdAt", "updatedAt"), rfc3339(time.time()))
    return {"userId": user_id, "name": "Ann", "email": f"{user_id}@example.com", "version": 1, **times}


def event(scene: Scene) -> Record:
    """A message of a queue: the same change as an event."""
    return message(change(scene))


def event_of_a_user(scene: Scene) -> Record:
    """The same, of a user that is there."""
    record = change(scene)
    scene.put("UsersTable", record["dynamodb"]["NewImage"])
    return message(record)


def message(record: Record) -> Record:
    """The message of a queue for a change."""
    told = told_of(record)
    return queued({"source": events.SOURCE, "detail-type": told.type, "detail": told.detail})


def told_of(record: Record) -> events.UserEvent:
    """The event of a change."""
    found = events.event_in(record, lambda _user, _version: {})
    assert found is not None
    return found


def queued(body: Mapping[str, Any]) -> Record:
    """A message of a queue."""
    return {"messageId": str(uuid.uuid4()), "body": json.dumps(body), "eventSource": "aws:sqs"}


def report_on_a_letter(scene: Scene) -> Record:
    """The report of SES that a letter was sent; its record says so already, as it mostly does."""
    letter = uuid.uuid4().hex
    scene.put("MailTable", to_item({"key": f"letter#{letter}", "state": "sent"}))
    mail = {"messageId": str(uuid.uuid4()), "tags": {"letter": [letter]}, "destination": ["ann@example.com"]}
    return queued({"detail-type": SENT_EVENT, "time": rfc3339(time.time()), "detail": {"mail": mail}})


def request_of_a_link(_: Scene) -> Record:
    """The record of the stream of mail for a request of another link."""
    now = int(time.time())
    key = f"{PREFIX}{uuid.uuid4()}#{now // DAY}"
    images = {"NewImage": to_item({"key": key, "askedAt": now, "asked": 1}), "SequenceNumber": "1"}
    return {"eventID": "1", "eventName": "INSERT", "eventSource": "aws:dynamodb", "dynamodb": images}


def webhook(scene: Scene) -> None:
    """One webhook that wants all events."""
    made = new_webhook({"url": scene.receiver}, webhook_id(scene), "whsec_" + "A" * 32, rfc3339(time.time()))
    scene.put("WebhooksTable", to_item(made.values))


def webhook_id(scene: Scene) -> str:
    """The id of the one webhook of a scene."""
    return str(uuid.UUID(bytes=uuid.uuid5(uuid.NAMESPACE_URL, scene.endpoint).bytes, version=4))


def new_delivery(scene: Scene) -> dict[str, Any]:
    """A delivery that is due now."""
    told = told_of(change(scene))
    return planned(webhook_id(scene), told.type, told.detail, time.time() - 1)


def delivery_in_the_stream(scene: Scene) -> Record:
    """The record of the stream for a planned delivery."""
    told = {"NewImage": to_item(new_delivery(scene)), "SequenceNumber": "1"}
    return {"eventID": "1", "eventName": "INSERT", "eventSource": "aws:dynamodb", "dynamodb": told}


def delivery_that_is_due(scene: Scene) -> Record:
    """The message for a planned delivery."""
    delivery = new_delivery(scene)
    scene.put("WebhookDeliveriesTable", to_item(delivery))
    times = {"schemaVersion": 1, "time": rfc3339(time.time())}
    names = {"id": delivery["deliveryId"], "webhookId": delivery["webhookId"], "turn": delivery["turn"]}
    return queued({"detail-type": "DeliveryDue", "detail": {**times, **names}})


@cache
def photo() -> bytes:
    """A JPEG with the detail of a photo: random pixels, enlarged."""
    width, height = SIDES
    grain = random.Random(1).randbytes(width // 8 * (height // 8) * 3)
    image = Image.frombytes("RGB", (width // 8, height // 8), grain).resize(SIDES, Image.Resampling.BICUBIC)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85)
    return file.getvalue()


def upload(scene: Scene) -> Record:
    """The event of S3 for the upload of a user that is there."""
    user = new_user()
    place = upload_key(str(user["userId"]), new_ticket(time.time(), uuid.uuid4().hex))
    scene.put("UsersTable", to_item(user))
    scene.store(place, content=photo())
    told = {"id": str(uuid.uuid4()), "time": rfc3339(time.time()), "detail": {"object": {"key": place}}}
    return queued({"detail-type": "Object Created", "source": "aws.s3", **told})


def replaced_picture(scene: Scene) -> Record:
    """The record of the stream for a picture in the place of an earlier one, whose objects are there."""
    user_id, now = str(uuid.uuid4()), time.time()
    old, new = (new_ticket(at, uuid.uuid4().hex) for at in (now - 60, now))
    scene.store(*picture_keys(user_id, old, "0" * 32).values(), *picture_keys(user_id, new, "1" * 32).values())
    images = {"Keys": to_item({"userId": user_id}), "NewImage": to_item({"userId": user_id, "ticket": new})}
    return {"eventID": "1", "eventName": "MODIFY", "eventSource": "aws:dynamodb", "dynamodb": images}


def subscribers(count: int) -> Callable[[Scene], None]:
    """So many connections that follow the list of users."""

    def prepare(scene: Scene) -> None:
        expires = to_item({"expiresAt": int(time.time()) + KEPT_SECONDS})
        for number in range(count):
            scene.put("LiveTable", {**key(of_topic("users"), f"connection{number:06d}="), **expires})

    return prepare


def event_of_a_named_user(scene: Scene) -> Record:
    """The same, of a user whose email has the words of the name."""
    record = change(scene)
    named = to_item({"name": "Maria Schmidt", "email": "maria.schmidt@example.com"})
    scene.put("UsersTable", {**record["dynamodb"]["NewImage"], **named})
    return message(record)


CASES = {
    "publish_user_events": Case("publish_user_events", "PublishUserEventsFunction", change),
    "record_audit": Case("record_audit", "RecordAuditFunction", event),
    "send_mail": Case("send_mail", "SendMailFunction", event_of_a_user),
    "settle_mail": Case("settle_mail", "SettleMailFunction", report_on_a_letter),
    "queue_mail": Case("queue_mail", "QueueMailFunction", request_of_a_link),
    "plan_deliveries": Case("plan_deliveries", "PlanDeliveriesFunction", event, webhook),
    "queue_deliveries": Case("queue_deliveries", "QueueDeliveriesFunction", delivery_in_the_stream),
    "deliver_webhook": Case("deliver_webhook", "DeliverWebhookFunction", delivery_that_is_due, webhook, sizes=(1,)),
    "process_picture": Case("process_picture", "ProcessPictureFunction", upload, sizes=(1,), batches=10),
    "remove_pictures": Case("remove_pictures", "RemovePicturesFunction", replaced_picture),
    "keep_search": Case("keep_search", "KeepSearchFunction", event_of_a_named_user),
    "push_live_updates": Case("push_live_updates", "PushLiveUpdatesFunction", event, subscribers(1)),
    "push_live_updates_100": Case(
        "push_live_updates", "PushLiveUpdatesFunction", event, subscribers(100), sizes=(1,), batches=20
    ),
}
