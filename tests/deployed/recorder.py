"""Every call that the functions make, as IAM sees it: who, which action, on what."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.deployed.mail_service import ACTION, SEND, MailService, resources
from tests.support.forwarder import Answer, Forwarder, Request

CREDENTIAL = re.compile(r"Credential=([^/]+)/")
IN_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}


CONNECTION = re.compile(r"/_aws/execute-api/(\w+)/live/@connections/")
OF_S3 = re.compile(
    rb"(?:Credential=|x-amz-credential\"\r\n\r\n)([^/%]+)(?:/|%2F)\d{8}(?:/|%2F)[\w-]+(?:/|%2F)s3(?:/|%2F)"
)
VERSION = b"<VersionId>"
DELETED = re.compile(rb"<Key>([^<]*)</Key>")
FORM_KEY = re.compile(rb'name="key"\r\n\r\n([^\r]*)')
# Services whose requests name one resource, and where.
OF_ONE_RESOURCE: dict[str, tuple[str, Callable[[dict], str]]] = {
    "AWSEvents": ("events", lambda body: body["Entries"][0]["EventBusName"]),
    "AmazonSQS": ("sqs", lambda body: body["QueueUrl"].rpartition("/")[2]),
    "TrentService": ("kms", lambda body: body["KeyId"]),
    "AWSStepFunctions": ("states", lambda body: body["stateMachineArn"]),
    "AWSCognitoIdentityProviderService": ("cognito-idp", lambda body: body["UserPoolId"]),
}


@dataclass(frozen=True)
class Call:
    """One authorised action: the access key that signed, the IAM action, the table, the partition keys it names.

    `refused` tells that IAM turned the request away that it was part of.
    """

    access_key: str
    action: str
    table: str
    keys: frozenset[str]
    refused: bool


@dataclass
class Recorder(Forwarder):
    """Stands between the functions and AWS."""

    calls: list[Call] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    mail: MailService | None = None

    def pass_on(self, request: Request) -> Answer:
        """The response to one request."""
        if not self.mail or request.path != SEND:
            return super().pass_on(request)
        answer = self.mail.answer(request)
        self.see(request, answer)
        return answer

    def see(self, request: Request, answer: Answer) -> None:
        """Note a request."""
        with self.lock:
            self.calls += read(request, answer)

    def since(self, mark: int) -> list[Call]:
        """The calls from number `mark` on."""
        with self.lock:
            return self.calls[mark:]


def read(request: Request, answer: Answer) -> list[Call]:
    """The actions of one request; one that is not DynamoDB's is kept as it stands, so that nothing goes unseen."""
    signed = CREDENTIAL.search(request.headers.get("authorization", ""))
    who = signed[1] if signed else ""
    refused = answer.status >= 400 and b"AccessDenied" in answer.body  # AWS says 400 where ministack says 403
    if credential := OF_S3.search(f"{request.path} {request.headers}".encode() + request.body):
        return of_s3(credential[1].decode(), request, answer, refused)
    service, _, operation = request.headers.get("x-amz-target", "").partition(".")
    if service in OF_ONE_RESOURCE:
        return [of_one_resource(who, service, operation, json.loads(request.body), refused)]
    if connection := CONNECTION.match(request.path):
        ended = ".ended" if request.method == "DELETE" else ""
        return [Call(who, "execute-api:ManageConnections", f"{connection[1]}{ended}", frozenset(), refused)]
    if request.path == SEND:
        letter = json.loads(request.body)
        return [Call(who, ACTION, resource, frozenset(), refused) for resource in resources(letter)]
    if not service.startswith("DynamoDB_"):
        return [Call(who, f"{request.method} {request.path} {operation}", "", frozenset(), refused)]
    body = json.loads(request.body)
    if operation == "BatchGetItem":
        return [
            call(who, operation, {"TableName": table, "Key": key}, refused)
            for table, wanted in body["RequestItems"].items()
            for key in wanted["Keys"]
        ]
    if operation in ("TransactWriteItems", "TransactGetItems"):
        # IAM knows no transactions: each item is authorised as the action that it is
        return [
            call(who, IN_TRANSACTION[kind], item, refused)
            for each in body["TransactItems"]
            for kind, item in each.items()
        ]
    if operation == "BatchGetItem":
        return [
            call(who, operation, {"TableName": table, "Key": key}, refused)
            for table, part in body["RequestItems"].items()
            for key in part["Keys"]
        ]
    return [call(who, operation, body, refused)]


def of_s3(who: str, request: Request, answer: Answer, refused: bool) -> list[Call]:
    """The actions of a request to S3, path style; objects by their prefix. A client with a form acts as its signer."""
    path, _, query = request.path.partition("?")
    bucket, _, key = path.strip("/").partition("/")
    action = {"GET": "s3:GetObject", "PUT": "s3:PutObject", "DELETE": "s3:DeleteObject"}.get(request.method, "")
    keys = [key]
    if request.method == "POST":
        action = "s3:DeleteObject" if "delete" in query else "s3:PutObject"
        keys = [found.decode() for found in (DELETED if "delete" in query else FORM_KEY).findall(request.body)]
    elif not key:
        listed = "s3:ListBucketVersions" if "versions" in query else "s3:ListBucket"
        return [Call(who, listed, bucket, frozenset(), refused)]
    if VERSION in request.body:  # which takes both: the permission of DeleteObject "you must always specify"
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
        version = [Call(who, "s3:DeleteObjectVersion", prefix(bucket, it), frozenset(), refused) for it in keys]
        return [*version, *(Call(who, action, prefix(bucket, it), frozenset(), refused) for it in keys)]
    calls = [Call(who, action, prefix(bucket, it), frozenset(), refused) for it in keys]
    # S3 says that an object is not there only to who may list the bucket; to others it says that it is forbidden.
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    missing = request.method == "GET" and answer.status == 404
    return [*calls, *([Call(who, "s3:ListBucket", bucket, frozenset(), refused)] if missing else [])]


def prefix(bucket: str, key: str) -> str:
    """The objects of a bucket that a grant names with this key."""
    return f"{bucket}/{key.partition('/')[0]}/*"


def of_one_resource(who: str, service: str, operation: str, body: dict, refused: bool) -> Call:
    """A call to the bus, to a queue or to a key, by the name of that."""
    prefix, name = OF_ONE_RESOURCE[service]
    return Call(who, f"{prefix}:{operation}", name(body), frozenset(), refused)


def call(who: str, operation: str, item: dict, refused: bool) -> Call:
    """One action on one table."""
    keys = frozenset(
        value["S"] for value in partition_key(item.get("Key") or item.get("Item") or queried(item)).values()
    )
    index = f"/index/{item['IndexName']}" if "IndexName" in item else ""
    return Call(who, f"dynamodb:{operation}", item["TableName"] + index, keys, refused)


def partition_key(item: dict) -> dict:
    """The partition key of an item: that of the search is a `shard`, of an import a `job`, and of a user its id."""
    return next(({name: item[name]} for name in ("key", "job", "shard", "userId") if name in item), {})


def queried(item: dict) -> dict:
    """The partition key that a Query names, if it is called so."""
    values = item.get("ExpressionAttributeValues") or {}
    return next(({name: values[f":{name}"]} for name in ("key", "job", "shard") if f":{name}" in values), {})
