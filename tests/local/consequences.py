"""What follows from changes of users in a `make run` with all capabilities: mail, deliveries, the trail, live updates.

A change is a user's id and the version that it has led to.
"""

from __future__ import annotations

import json
import urllib.request
from collections import Counter
from collections.abc import Iterable
from typing import Any

from standardwebhooks.webhooks import Webhook

from audit.signatures import PublicKey
from dynamodb.values import from_item
from operate.audit_trail.audit import Verification
from operate.audit_trail.remembered import Remembered
from tests.api.client import send
from tests.support.receiver import Receiver
from tests.support.server import Server
from users.events import SOURCE

Change = tuple[str, int]
Letter = tuple[str, int, str]
NO_CONTENT = 204
BUS, ORDER = "users-api", "order-of-events"
AUDIT, DELIVERIES, LIVE, MAIL = (f"users-api-{name}Table" for name in ("Audit", "WebhookDeliveries", "Live", "Mail"))


class Consequences:
    """All that has followed so far in the data folder of a server. `hook` is a webhook of `receiver`."""

    def __init__(self, server: Server, receiver: Receiver, hook: dict[str, Any]) -> None:
        self.server, self.receiver, self.hook = server, receiver, hook
        self.verified: dict[str, dict[str, Any]] = {}  # what the receiver has, by the id of the delivery
        self.requests: Counter[str] = Counter()  # how often each delivery came
        self.told: Counter[str] = Counter()  # how often servers before this one said that they sent each letter
        self.posted: dict[str, dict[str, Any]] = {}  # the mail that was seen, by its id

    def audited(self) -> Counter[Change]:
        """How often the trail has each change."""
        entries = [item for item in items(self.server, AUDIT) if str(item["place"]).startswith("entry#")]
        return Counter((str(item["userId"]), int(item["userVersion"])) for item in entries)

    def delivered(self) -> Counter[Change]:
        """How many successful attempts to deliver each change the log has."""
        mine = [item for item in items(self.server, DELIVERIES) if item["webhookId"] == self.hook["webhookId"]]
        return Counter(
            change(json.loads(str(item["body"]))["data"])
            for item in mine
            for attempt in json.loads(str(item["attempts"]))
            if attempt.get("status") == NO_CONTENT  # one without a response has none
        )

    def logged(self) -> set[Change]:
        """The changes in the log of live updates, where a copy has the id of the first."""
        messages = [json.loads(str(item["message"])) for item in items(self.server, LIVE) if "message" in item]
        by_id = {str(message["id"]): change(message) for message in messages}
        assert len(set(by_id.values())) == len(by_id), "two messages about one change have different ids"
        return set(by_id.values())

    def received(self) -> Counter[Change]:
        """How many deliveries of each change the receiver has; a repetition has the id of the first.

        The Standard Webhooks library verifies each. Call this every few minutes: it takes none that is older.
        """
        hook = Webhook(self.hook["secret"])
        while self.receiver.got:
            headers, body = self.receiver.got.pop(0)
            self.requests[headers["webhook-id"]] += 1
            self.verified[headers["webhook-id"]] = hook.verify(body, headers)["data"]
        return Counter(map(change, self.verified.values()))

    def missing(self, changes: Iterable[Change]) -> dict[str, set[Change]]:
        """By consumer, the changes without a consequence, of those whose consequences must be there."""
        wanted = set(changes)
        found = {
            "audit": wanted - set(self.audited()),
            "deliveries": wanted - set(self.delivered()),
            "receiver": wanted - set(self.received()),
            "live updates": wanted - self.logged(),
        }
        return {name: rest for name, rest in found.items() if rest}

    def letters(self) -> Counter[tuple[str, str]]:
        """How often each address was sent each subject, as far as the emulated SES remembers: not over a restart."""
        self.posted.update({str(letter["MessageId"]): letter for letter in sent(self.server)})
        return Counter((letter["To"][0], letter["Subject"]) for letter in self.posted.values())

    def letters_in(self, state: str) -> set[Letter]:
        """The letters whose record has this state, each by the change and its purpose."""
        entries = [item for item in items(self.server, AUDIT) if str(item["place"]).startswith("entry#")]
        changes = {str(item["eventId"]): (str(item["userId"]), int(item["userVersion"])) for item in entries}
        records = [item for item in items(self.server, MAIL) if item.get("state") == state]
        names = [str(item["key"]).removeprefix("letter#").partition("_") for item in records]
        return {(*changes[event], purpose) for event, _, purpose in names if event in changes}

    def faults_of_the_trail(self) -> int:
        """What `python -m operate audit verify` finds."""
        kms, database = self.server.client("kms"), self.server.client("dynamodb")
        [key] = [each["KeyId"] for each in kms.list_keys()["Keys"]]
        public = PublicKey(kms.get_public_key(KeyId=key)["PublicKey"])
        with Remembered(None) as nothing:
            return Verification(database._make_api_call, AUDIT, public, nothing).run(None)


def hooked(server: Server, receiver: Receiver) -> dict[str, Any]:
    """A new webhook for all events."""
    response = send(server.url, "POST", "/webhooks", {"url": receiver.url})
    assert response.status == 201, response.body
    return dict(response.json)


def change(fields: dict[str, Any]) -> Change:
    """The change that a message is about."""
    return str(fields["userId"]), int(fields["userVersion"])


def items(server: Server, table: str) -> list[dict[str, Any]]:
    """All items of a table, without their sets."""
    pages = server.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    found = (item for page in pages for item in page["Items"])
    return [from_item({name: value for name, value in item.items() if "SS" not in value}) for item in found]


def sent(server: Server) -> list[dict[str, Any]]:
    """All mail that was sent."""
    with urllib.request.urlopen(f"{server.dynamodb_endpoint}/_ministack/ses/messages", timeout=30) as answer:
        return [letter for account in json.load(answer)["messages"].values() for letter in account]


def depths(server: Server) -> dict[str, int]:
    """How many messages each queue has, if it has any, those in flight included."""
    sqs = server.client("sqs")
    names = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    ]
    found = {}
    for url in sqs.list_queues()["QueueUrls"]:
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        if count := sum(int(attributes[name]) for name in names):
            found[url.rpartition("/")[2]] = count
    return found


def failed(server: Server, queue: str) -> Counter[Change]:
    """The changes in a dead-letter queue, one for each message. The messages are hidden for a while afterwards."""
    sqs = server.client("sqs")
    [url] = [url for url in sqs.list_queues()["QueueUrls"] if f"-{queue}-" in url]
    found: Counter[Change] = Counter()
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found.update(change(json.loads(message["Body"])["detail"]) for message in messages)
    return found


class Order:
    """The order in which events come out of the bus, by a queue of its own. Take it while nothing changes."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.first: dict[str, list[int]] = {}  # the versions of each user as they first came
        url = server.client("sqs").create_queue(QueueName=ORDER)["QueueUrl"]
        arn = server.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        events = server.client("events")
        events.put_rule(Name=ORDER, EventBusName=BUS, EventPattern=json.dumps({"source": [SOURCE]}))
        events.put_targets(Rule=ORDER, EventBusName=BUS, Targets=[{"Id": "queue", "Arn": arn["QueueArn"]}])

    @property
    def seen(self) -> set[Change]:
        """All changes that came so far."""
        return {(user, version) for user, versions in self.first.items() for version in versions}

    def take(self) -> None:
        """Take what the queue has."""
        sqs = self.server.client("sqs")
        url = sqs.get_queue_url(QueueName=ORDER)["QueueUrl"]
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                user, version = change(json.loads(message["Body"])["detail"])
                if version not in self.first.setdefault(user, []):
                    self.first[user].append(version)
            done = [{"Id": str(number), "ReceiptHandle": it["ReceiptHandle"]} for number, it in enumerate(messages)]
            sqs.delete_message_batch(QueueUrl=url, Entries=done)

    def wrong(self) -> list[str]:
        """The users whose events first came in another order than they happened."""
        self.take()
        return [f"{user}: {versions}" for user, versions in self.first.items() if versions != sorted(versions)]
