"""All that the emulated AWS holds comes back after `kill -9`: streams, definitions, tokens, the other services."""

from __future__ import annotations

import io
import json
import resource
import time
import uuid
import zipfile
from pathlib import Path
from typing import Any

import botocore.config
import botocore.session
import pytest

from local.aws.queues import MANY
from tests.support.kills import USERS, Connection, Victim, Writer, actions, claim, create_tables, item, scan

pytestmark = pytest.mark.slow


class Kept:
    """An emulated AWS that can be killed and started again over the same folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.victim = Victim(data)

    def killed(self) -> None:
        """Kill it and start it again."""
        self.victim.end()
        self.victim = Victim(self.data)

    def client(self, service: str) -> Any:
        """A low-level client."""
        config = botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=10)
        return botocore.session.Session().create_client(
            service,
            region_name="us-east-1",
            endpoint_url=f"http://127.0.0.1:{self.victim.port}",
            config=config,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    @property
    def connection(self) -> Connection:
        """A connection of its own to the DynamoDB API."""
        return Connection(self.victim.port)


@pytest.fixture
def kept(tmp_path):
    running = Kept(tmp_path)
    yield running
    running.victim.end()


@pytest.fixture
def tables(kept):
    create_tables(kept.victim.port)
    return kept


def user(connection: Connection, user_id: str) -> dict[str, Any] | None:
    """A user's item."""
    answer = connection.call("GetItem", {"TableName": USERS, "Key": {"userId": {"S": user_id}}, "ConsistentRead": True})
    return answer.get("Item")


def put(connection: Connection, user_id: str, version: int = 1, **more: Any) -> dict[str, Any]:
    """Write a user; the answer."""
    return connection.call("PutItem", {"TableName": USERS, "Item": item(user_id, "a@x.co", version), **more})


def stream_of(client: Any, arn: str) -> list[dict[str, Any]]:
    """All records of a stream."""
    shard = client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = client.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")[
        "ShardIterator"
    ]
    return list(client.get_records(ShardIterator=iterator)["Records"])


def test_every_kind_of_write_comes_back(tables):
    connection = tables.connection
    put(connection, "a")
    put(connection, "b")
    connection.call(
        "UpdateItem",
        {
            "TableName": USERS,
            "Key": {"userId": {"S": "a"}},
            "UpdateExpression": "SET age = :a REMOVE email ADD visits :one",
            "ExpressionAttributeValues": {":a": {"N": "36"}, ":one": {"N": "1"}},
        },
    )
    connection.call("DeleteItem", {"TableName": USERS, "Key": {"userId": {"S": "b"}}})
    connection.call(
        "BatchWriteItem",
        {
            "RequestItems": {
                USERS: [
                    {"PutRequest": {"Item": item("c", "c@x.co", 1)}},
                    {"PutRequest": {"Item": item("d", "d@x.co", 1)}},
                ]
            }
        },
    )
    connection.call("ExecuteStatement", {"Statement": f"DELETE FROM \"{USERS}\" WHERE userId = 'd'"})
    before = scan(connection, USERS)
    tables.killed()
    assert {row["userId"]["S"] for row in before} == {"a", "c"}
    assert scan(tables.connection, USERS) == before


def test_a_refused_write_changes_nothing_then_or_later(tables):
    put(tables.connection, "a")
    again = put(tables.connection, "a", 2, ConditionExpression="attribute_not_exists(userId)")
    assert again["__type"].endswith("ConditionalCheckFailedException")
    tables.killed()
    assert user(tables.connection, "a") == item("a", "a@x.co", 1)


def test_a_retry_with_its_token_gets_the_first_answer_after_a_crash(tables):
    request = {"ClientRequestToken": str(uuid.uuid4()), "TransactItems": actions("a", None, item("a", "a@x.co", 1))}
    assert tables.connection.call("TransactWriteItems", request)["status"] == 200
    tables.killed()
    assert tables.connection.call("TransactWriteItems", request)["status"] == 200
    other = {**request, "ClientRequestToken": str(uuid.uuid4())}
    assert tables.connection.call("TransactWriteItems", other)["__type"].endswith("TransactionCanceledException")


def test_stream_records_come_back_as_they_were(tables):
    for version in (1, 2, 3):
        put(tables.connection, "a", version)
    tables.connection.call("DeleteItem", {"TableName": USERS, "Key": {"userId": {"S": "a"}}})
    arn = tables.client("dynamodb").describe_table(TableName=USERS)["Table"]["LatestStreamArn"]
    before = stream_of(tables.client("dynamodbstreams"), arn)
    assert [record["eventName"] for record in before] == ["INSERT", "MODIFY", "MODIFY", "REMOVE"]
    tables.killed()
    assert stream_of(tables.client("dynamodbstreams"), arn) == before


def test_stream_records_go_on_after_those_that_came_back(tables):
    put(tables.connection, "a")
    tables.killed()
    put(tables.connection, "a", 2)
    arn = tables.client("dynamodb").describe_table(TableName=USERS)["Table"]["LatestStreamArn"]
    first, second = stream_of(tables.client("dynamodbstreams"), arn)
    assert second["dynamodb"]["OldImage"] == first["dynamodb"]["NewImage"]
    assert second["dynamodb"]["SequenceNumber"] > first["dynamodb"]["SequenceNumber"]


def test_definitions_come_back(tables):
    client = tables.client("dynamodb")
    client.update_time_to_live(
        TableName="UserKeys", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expiresAt"}
    )
    client.update_table(
        TableName=USERS,
        AttributeDefinitions=[{"AttributeName": "email", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "email",
                    "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            }
        ],
    )
    put(tables.connection, "a")
    before = client.describe_table(TableName=USERS)["Table"]
    tables.killed()
    client = tables.client("dynamodb")
    assert client.describe_table(TableName=USERS)["Table"] == before
    assert client.describe_time_to_live(TableName="UserKeys")["TimeToLiveDescription"]["AttributeName"] == "expiresAt"
    found = client.query(
        TableName=USERS,
        IndexName="email",
        KeyConditionExpression="email = :e",
        ExpressionAttributeValues={":e": {"S": "a@x.co"}},
    )
    assert found["Items"] == [item("a", "a@x.co", 1)]


def test_a_deleted_table_stays_deleted_and_one_made_anew_is_empty(tables):
    put(tables.connection, "a")
    client = tables.client("dynamodb")
    definition = client.describe_table(TableName=USERS)["Table"]
    client.delete_table(TableName=USERS)
    tables.killed()
    assert USERS not in tables.client("dynamodb").list_tables()["TableNames"]
    tables.client("dynamodb").create_table(
        TableName=USERS,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=definition["KeySchema"],
        AttributeDefinitions=definition["AttributeDefinitions"],
    )
    tables.killed()
    assert scan(tables.connection, USERS) == []


def test_a_table_restored_from_a_backup_comes_back_with_its_items(tables):
    put(tables.connection, "a")
    client = tables.client("dynamodb")
    backup = client.create_backup(TableName=USERS, BackupName="before")["BackupDetails"]["BackupArn"]
    client.restore_table_from_backup(TargetTableName="Restored", BackupArn=backup)
    tables.killed()
    assert scan(tables.connection, "Restored") == [item("a", "a@x.co", 1)]


def test_after_a_snapshot_the_same_comes_back(tmp_path):
    victim = Victim(tmp_path, "--compact-bytes", "1000", "--sweep-seconds", "0.05")
    create_tables(victim.port)
    writer = Writer(0)
    connection = Connection(victim.port)
    for number in range(30):
        request = {
            "ClientRequestToken": str(number),
            "TransactItems": actions(str(number), None, item(str(number), f"{number}@x.co", 1)),
        }
        writer.change(connection, str(number), item(str(number), f"{number}@x.co", 1), request)
    until = time.monotonic() + 10
    while not list((tmp_path / "journal").glob("*.snapshot")) and time.monotonic() < until:
        time.sleep(0.02)
    arn = Connection(victim.port).call("DescribeTable", {"TableName": USERS})["Table"]["LatestStreamArn"]
    victim.end()
    kept = Kept(tmp_path)
    try:
        assert list((tmp_path / "journal").glob("*.snapshot"))
        assert len(scan(kept.connection, USERS)) == 30
        assert len(stream_of(kept.client("dynamodbstreams"), arn)) == 30
        assert kept.connection.call("TransactWriteItems", request)["status"] == 200  # the token too
    finally:
        kept.victim.end()


def test_a_full_disk_refuses_writes_and_nothing_else_until_there_is_room(tables):
    put(tables.connection, "a")
    log = tables.data / "journal" / "00000000.log"
    limit = (log.stat().st_size + 100, resource.RLIM_INFINITY)
    resource.prlimit(tables.victim.process.pid, resource.RLIMIT_FSIZE, limit)
    for _ in range(3):
        refused = tables.connection.call(
            "TransactWriteItems",
            {"ClientRequestToken": "t", "TransactItems": actions("b", None, item("b", "b@x.co", 1))},
        )
        assert (refused["status"], refused["__type"]) == (500, "InternalServerError")
        assert user(tables.connection, "a") == item("a", "a@x.co", 1)
        assert user(tables.connection, "b") is None
        assert put(tables.connection, "a", 2)["status"] == 500
        assert user(tables.connection, "a") == item("a", "a@x.co", 1)
    resource.prlimit(tables.victim.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    assert put(tables.connection, "c")["status"] == 200
    again = tables.connection.call(
        "TransactWriteItems",
        {  # the token of what was refused is free
            "ClientRequestToken": "t",
            "TransactItems": actions("b", None, item("b", "b@x.co", 1)),
        },
    )
    assert again["status"] == 200
    tables.killed()
    assert {row["userId"]["S"] for row in scan(tables.connection, USERS)} == {"a", "b", "c"}
    assert scan(tables.connection, "UserKeys") == [claim("b@x.co", "b")]


def test_what_a_full_disk_refused_is_in_no_stream(tables):
    put(tables.connection, "a")
    arn = tables.client("dynamodb").describe_table(TableName=USERS)["Table"]["LatestStreamArn"]
    size = (tables.data / "journal" / "00000000.log").stat().st_size
    resource.prlimit(tables.victim.process.pid, resource.RLIMIT_FSIZE, (size + 50, resource.RLIM_INFINITY))
    assert put(tables.connection, "a", 2)["status"] == 500
    assert len(stream_of(tables.client("dynamodbstreams"), arn)) == 1


def test_queues_and_their_messages_come_back(kept):
    url = kept.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
    for number in range(3):
        kept.client("sqs").send_message(QueueUrl=url, MessageBody=str(number))
    kept.killed()
    messages = kept.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert sorted(message["Body"] for message in messages) == ["0", "1", "2"]


def test_what_is_sent_to_a_long_queue_comes_back(kept):
    sqs = kept.client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    for start in range(0, MANY + 100, 10):
        entries = [{"Id": str(number), "MessageBody": str(number)} for number in range(start, start + 10)]
        assert len(sqs.send_message_batch(QueueUrl=url, Entries=entries)["Successful"]) == 10
    kept.killed()
    found = kept.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    assert found["Attributes"]["ApproximateNumberOfMessages"] == str(MANY + 100)


@pytest.mark.parametrize(("read_by_a_function", "comes_at_once"), [(True, True), (False, False)])
def test_a_message_that_a_function_had_comes_again_at_once(kept, read_by_a_function, comes_at_once):
    sqs = kept.client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    if read_by_a_function:
        read_by_function(kept.client("lambda"), sqs, url)
    sqs.send_message(QueueUrl=url, MessageBody="held")
    sqs.send_message(QueueUrl=url, MessageBody="delayed", DelaySeconds=600)
    sqs.receive_message(QueueUrl=url, VisibilityTimeout=600)
    kept.killed()
    found = kept.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    assert [message["Body"] for message in found] == (["held"] if comes_at_once else [])


def read_by_function(lambdas: Any, sqs: Any, url: str) -> None:
    """Have a function read a queue, on paper: the mapping is switched off, so that the test itself receives."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("index.py", "")
    lambdas.create_function(
        FunctionName="worker", Runtime="python3.13", Handler="index.handler",
        Role="arn:aws:iam::000000000000:role/worker", Code={"ZipFile": archive.getvalue()},
    )  # fmt: skip
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    lambdas.create_event_source_mapping(EventSourceArn=arn, FunctionName="worker", Enabled=False)


def test_events_delivered_to_a_queue_come_back(kept):
    sqs, events = kept.client("sqs"), kept.client("events")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="users", EventPattern=json.dumps({"source": ["users"]}))
    events.put_targets(Rule="users", Targets=[{"Id": "jobs", "Arn": arn}])
    events.put_events(Entries=[{"Source": "users", "DetailType": "UserCreated", "Detail": '{"userId": "a"}'}])
    kept.killed()
    (message,) = kept.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1)["Messages"]
    assert json.loads(message["Body"])["detail"] == {"userId": "a"}
    assert kept.client("events").list_rules()["Rules"][0]["Name"] == "users"


def test_buckets_and_their_objects_come_back(kept):
    kept.client("s3").create_bucket(Bucket="pictures")
    kept.client("s3").put_object(Bucket="pictures", Key="a/b.png", Body=b"\x89PNG", ContentType="image/png")
    kept.killed()
    found = kept.client("s3").get_object(Bucket="pictures", Key="a/b.png")
    assert (found["Body"].read(), found["ContentType"]) == (b"\x89PNG", "image/png")


def test_user_pools_and_their_users_come_back(kept):
    cognito = kept.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="people")["UserPool"]["Id"]
    cognito.admin_create_user(UserPoolId=pool, Username="ada")
    kept.killed()
    assert kept.client("cognito-idp").admin_get_user(UserPoolId=pool, Username="ada")["Username"] == "ada"


def test_a_message_taken_off_a_queue_stays_off(kept):
    sqs = kept.client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="once")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    kept.killed()
    assert "Messages" not in kept.client("sqs").receive_message(QueueUrl=url)
