"""Every place of an erasure in an emulator, with things of one person and of a neighbour in each."""

from __future__ import annotations

import hashlib
import itertools
import json
import uuid
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from adapters.object_store import NotDeleted, ObjectStore
from adapters.user_pool import UserPool
from consumers.carry_out_erasure import carry_out_erasure, queue_erasures
from dynamodb import transport
from dynamodb.client import Client
from dynamodb.errors import DynamoDBError
from dynamodb.values import to_item
from erasing.forgetting import dates
from erasing.items import (
    AcceptedDeletions,
    Letters,
    LiveConnections,
    PictureRecord,
    Record,
    Scanned,
    Suppression,
    of_claims,
    of_deliveries,
)
from erasing.outside import Identity, PictureFiles
from erasing.person import find_person
from erasing.receipts import Receipts
from erasing.searching import SearchEntries
from erasing.walk import Walk
from erasures.erase_user import erase_user
from erasures.get_erasure import get_erasure
from live.connections import Connections
from mail.outcomes import Outcomes
from mail.records import letter_key
from pictures.records import PictureRecords
from search.index import NotFollowed, SearchIndex
from tests.support.tables import create_table, create_tables
from users.finding import or_none
from users.reading import UserReader, available
from users.registration import Person, Registration
from utils.consumer import Event
from utils.deadline import Deadline
from utils.errors import ServiceUnavailable
from webhooks.deliveries import Deliveries
from webhooks.delivery import planned

NOW = 1_790_000_000.0
ADMIN = "sub:99999999-0000-4000-8000-000000000000"
DAYS = json.dumps({"eventArchive": 14, "backups": 35, "transferFiles": 0})
SEARCH_TOMBSTONE = {"shard", "place", "revision", "expiresAt"}


class Killed(Exception):
    """The process ends here."""


class Household:
    """Tables, a bucket and a user pool of their own. `before(service, operation)` and `after` surround each call."""

    def __init__(self, emulator: Any) -> None:
        self.now, self.remaining = NOW, 10.0
        self.events: list[str] = []
        self.ended: list[str] = []
        self.before: Callable[[str, str], None] = lambda *_: None
        self.after: Callable[[str, str], None] = lambda *_: None
        self.page = 0  # items of one page of a scan; 0 for as many as fit
        mark = uuid.uuid4().hex[:12]
        self.dynamodb, self.s3, self.cognito = (emulator.client(it) for it in ("dynamodb", "s3", "cognito-idp"))
        self.tables = create_tables(self.dynamodb)
        self.names = {it: f"{it}-{mark}" for it in ("Erasures", "Mail", "Deliveries", "Live", "Pictures", "Search")}
        for name, keys in (("Erasures", "userId"), ("Mail", "key"), ("Pictures", "userId")):
            create_table(self.dynamodb, self.names[name], keys)
        _ranged(self.dynamodb, self.names["Deliveries"], "webhookId", "deliveryId")
        _ranged(self.dynamodb, self.names["Live"], "key", "place")
        _ranged(self.dynamodb, self.names["Search"], "shard", "place")
        self.bucket = f"pictures-{mark}"
        self.s3.create_bucket(Bucket=self.bucket)
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        self.pool = self.cognito.create_user_pool(PoolName=mark)["UserPool"]["Id"]
        environ = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        self.client = Client(transport.from_environment({**environ, "AWS_ENDPOINT_URL": emulator.endpoint}))
        tokens = (f"{mark}-{number}" for number in itertools.count())
        self.shared: Any = {
            "clock": lambda: self.now,
            "new_token": lambda: next(tokens),
            "pause": lambda _: None,
        }
        self.receipts = Receipts(self.call, self.names["Erasures"], clock=lambda: self.now)
        self.places = self._places()

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """The API of DynamoDB, between `before` and `after`."""
        self.before("dynamodb", operation)
        if operation == "Scan" and self.page:
            request = {**request, "Limit": self.page}
        answer = self.client.call(operation, request, Deadline(10))
        self.after("dynamodb", operation)
        return answer

    def _places(self) -> list[Any]:
        call, keys, shared = available(self.call), self.tables.keys, self.shared
        users = self.repository(AcceptedDeletions)
        pictures = PictureRecords(
            self.call, self.names["Pictures"], self.tables.users, shared["new_token"], shared["pause"]
        )
        return [
            Identity(UserPool(_Surrounded(self.cognito, "cognito", self), self.pool)),
            Record(call, self.tables.users, users),
            Scanned("claims", call, keys, ("key",), "userId", of_claims),
            Letters(call, self.names["Mail"], keys, lambda: self.now),
            Suppression(call, self.names["Mail"]),
            Scanned(
                "webhookDeliveries",
                call,
                self.names["Deliveries"],
                ("webhookId", "deliveryId"),
                "eventId",
                of_deliveries,
            ),
            LiveConnections(call, self.names["Live"], self._end, self._connections(call).close),
            PictureFiles(ObjectStore(_Surrounded(self.s3, "s3", self), self.bucket)),
            PictureRecord(call, self.names["Pictures"], pictures),
            SearchEntries(self._index()),
        ]

    def _index(self) -> SearchIndex:
        find = or_none(UserReader(self.call, self.tables.users).get)
        return SearchIndex(available(self.call), self.names["Search"], find, **self.shared)

    def _connections(self, call: Any) -> Connections:
        return Connections(call, self.names["Live"], **self.shared)

    def _end(self, connections: Any) -> list[str]:
        self.ended += connections
        return []

    def repository(self, kind: Any) -> Any:
        """A repository of the users."""
        return kind(self.call, self.tables.users, self.tables.keys, new_id=lambda: str(uuid.uuid4()), **self.shared)

    def moved_in(self, email: str) -> tuple[str, str]:
        """The ids of a new person, in the table and in the pool, who has things in every place."""
        made = self.cognito.admin_create_user(
            UserPoolId=self.pool, Username=email, UserAttributes=[{"Name": "email", "Value": email}]
        )
        attributes = {each["Name"]: each["Value"] for each in made["User"]["Attributes"]}
        subject = attributes["sub"]
        registration = self.repository(Registration)
        user_id = registration.register(Person(subject, email, email_verified=True, name="N"), _people(self))
        # two kept responses: one about the person, and one that the person got
        for key in (f"request#key:abc#{user_id}", f"request#sub:{subject}#{uuid.uuid4()}"):
            self.put(
                self.tables.keys, key=key, userId=user_id, response=f'{{"email": "{email}"}}', expiresAt=2_000_000_000
            )
        day = int(self.now) // 86_400
        event = str(uuid.uuid5(uuid.UUID("7d0b6f6e-2f0c-4d59-9d0f-0d7f3b1f5a51"), f"{user_id} 1 UserCreated"))
        for key in (
            letter_key(f"{event}_welcome"),
            f"renewal#{user_id}#{day}",
            letter_key(f"{user_id}_{day}_1_renewal"),
        ):
            self.put(self.names["Mail"], key=key, state="sent")
        Outcomes(self.call, self.names["Mail"], clock=lambda: self.now).suppress(email, "Email Bounced", "a")
        detail = {"id": event, "userId": user_id, "userVersion": 1, "changed": [], "time": "2026-11-22T10:00:00.000Z"}
        for type_ in ("UserCreated", "UserDeleted"):
            told = {**detail, "id": str(uuid.uuid4())}
            Deliveries(self.call, self.names["Deliveries"]).plan(planned(str(uuid.uuid4()), type_, told, self.now))
        connections = self._connections(self.call)
        connections.open(f"c-{subject}", f"sub:{subject}")
        connections.subscribe(f"c-{subject}", f"users/{user_id}")
        for key in (f"pictures/{user_id}/1/a-128.webp", f"uploads/{user_id}/2", f"uploads/{user_id}/2"):
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=b"x")
        self.s3.delete_object(Bucket=self.bucket, Key=f"uploads/{user_id}/2")
        self.put(self.names["Pictures"], userId=user_id, ticket="1", digest="a")
        self._index().follow(user_id)
        return user_id, subject

    def put(self, table: str, **values: Any) -> None:
        """Write an item."""
        self.dynamodb.put_item(TableName=table, Item=to_item(values))

    def erase(self, user_id: str, caller: str = ADMIN) -> Any:
        """The response of POST /admin/users/{userId}/erase."""
        find = lambda each, who: find_person(available(self.call), self.tables.users, self.tables.keys, each, who)  # noqa: E731
        return erase_user(_Request(user_id, caller), self.receipts, find)  # type: ignore[arg-type]

    def look(self, user_id: str) -> dict[str, Any]:
        """The receipt that GET /admin/users/{userId}/erasure answers."""
        request: Any = _Request(user_id)
        response = get_erasure(request, self.receipts, self.places, FAILURES, lambda: self.now)
        return dict(json.loads(response.body))

    def walk(self, **instead: Any) -> Walk:
        """The walk of one invocation."""
        own: dict[str, Any] = {
            "failures": FAILURES,
            "remaining": lambda: self.remaining,
            "clock": lambda: self.now,
            "completed": lambda receipt: self.events.append(receipt["userId"]),
            "dates": lambda now: dates(DAYS, now),
        }
        return Walk(instead.pop("receipts", self.receipts), instead.pop("places", self.places), **{**own, **instead})

    def message(self, user_id: str) -> Event:
        """The message of the current turn, as the stream makes it."""
        item = self.dynamodb.get_item(TableName=self.names["Erasures"], Key=to_item({"userId": user_id}))["Item"]
        sent: list[Any] = []
        queue = type("Queue", (), {"put": lambda _, *told: sent.append(told)})()
        queue_erasures([{"dynamodb": {"NewImage": item}}], queue, lambda: self.now)
        [(type_, detail, _)] = sent
        return Event(type_, detail)

    def carry_out(self, message: Event, **instead: Any) -> None:
        """Carry out a message."""
        carry_out_erasure(message, self.receipts, self.walk(**instead))

    def finish(self, user_id: str, **instead: Any) -> dict[str, Any]:
        """Carry out turns until the erasure is completed; its receipt as it is stored."""
        for _ in range(200):
            receipt = self.receipts.get(user_id)
            assert receipt
            if receipt["status"] != "running":
                return receipt
            self.carry_out(self.message(user_id), **instead)
        raise AssertionError("the erasure does not end")

    def kept(self, *texts: str) -> list[str]:
        """Where one of these texts is, in all tables but that of receipts, the bucket and the pool."""
        found = []
        tables = [self.tables.users, self.tables.keys, *(name for it, name in self.names.items() if it != "Erasures")]
        for table in tables:
            for item in self.dynamodb.scan(TableName=table)["Items"]:
                if any(text in json.dumps(item) for text in texts):
                    plain = {name: next(iter(value.values())) for name, value in item.items()}
                    what = "tombstone" if set(plain) == SEARCH_TOMBSTONE else "item"
                    found.append(f"{table.split('-')[0]} {plain.get('key') or plain.get('eventType') or what}")
        versions = self.s3.list_object_versions(Bucket=self.bucket)
        objects = [each["Key"] for each in (*versions.get("Versions", ()), *versions.get("DeleteMarkers", ()))]
        found += [f"object {name.split('/')[0]}" for name in objects if any(text in name for text in texts)]
        people = [json.dumps(user, default=str) for user in self.cognito.list_users(UserPoolId=self.pool)["Users"]]
        return sorted(found + ["pool" for user in people if any(text in user for text in texts)])


FAILURES = (ServiceUnavailable, DynamoDBError, NotDeleted, NotFollowed, ClientError)


class _Request:
    """What the handlers read of a request."""

    def __init__(self, user_id: str, caller: str = ADMIN) -> None:
        self.caller = caller
        self.path = {"userId": user_id}
        self.location = f"/Prod/admin/users/{user_id}/erase"
        self.deadline = Deadline(20)


class _Surrounded:
    """A client of AWS whose calls are between `before` and `after`."""

    def __init__(self, client: Any, service: str, home: Household) -> None:
        self._client, self._service, self._home = client, service, home

    def __getattr__(self, name: str) -> Any:
        def called(*args: Any, **request: Any) -> Any:
            self._home.before(self._service, name)
            answer = getattr(self._client, name)(*args, **request)
            self._home.after(self._service, name)
            return answer

        return called


def digest_of(email: str) -> str:
    """The digest in the key that suppresses an address."""
    return hashlib.sha256(email.encode()).hexdigest()


def _people(home: Household) -> Any:
    from users.people import People

    return People(home.call, home.tables.keys)


def _ranged(dynamodb: Any, name: str, first: str, second: str) -> None:
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": it, "AttributeType": "S"} for it in (first, second)],
        KeySchema=[{"AttributeName": first, "KeyType": "HASH"}, {"AttributeName": second, "KeyType": "RANGE"}],
    )
