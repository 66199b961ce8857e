"""Functions that something else than HTTP invokes: by the emulated AWS, on the host that `make run` runs them on.

Shapes of events and what follows a failure: "Using AWS Lambda with other services" and "Error handling and automatic
retries" in the AWS Lambda Developer Guide.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import signal
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from wsproto.events import AcceptConnection, Message, RejectConnection, TextMessage

from local.aws.functions import Host
from local.functions.invocations import Invocations
from tests.support.server import Server
from tests.support.websocket import WebSocket

pytestmark = [pytest.mark.slow, pytest.mark.local_only]

TEMPLATE = Path(__file__).resolve().parent / "templates" / "sources.yaml"
FUNCTIONS = TEMPLATE.parent.parent / "functions"
PATIENCE = 60.0  # a busy machine; nothing waits so long that comes


class Sources:
    """The running template and what its functions have seen."""

    def __init__(self, folder: Path, template: Path = TEMPLATE) -> None:
        self.seen_folder, self.data = folder / "seen", folder / "data"
        self.seen_folder.mkdir(exist_ok=True)
        self.template = template
        self.server = self.start()

    def start(self) -> Server:
        self.clients: dict[str, Any] = {}
        return Server(f"Seen={self.seen_folder}", data=str(self.data), TEMPLATE=str(self.template))

    def client(self, service):
        """A low-level client; making one takes a while."""
        if service not in self.clients:
            self.clients[service] = self.server.client(service)
        return self.clients[service]

    def queue(self, name):
        """A queue's URL."""
        return next(url for url in self.client("sqs").list_queues()["QueueUrls"] if f"users-api-{name}-" in url)

    def events(self, function, text=""):
        """The events that a function was given and that hold the text."""
        path = self.seen_folder / f"users-api-{function}"
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line)["event"] for line in lines if text in line]

    def wait_for(self, function, text, count=1):
        """The events with the text, once there are so many."""
        return until(lambda: self.events(function, text), lambda events: len(events) >= count)


def until(look, enough, patience=PATIENCE):
    """What `look` finds, once it is enough."""
    last = time.monotonic() + patience
    while not enough(found := look()):
        assert time.monotonic() < last, f"after {patience:.0f} s only {found}"
        time.sleep(0.05)
    return found


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    running = Sources(tmp_path_factory.mktemp("sources"))
    yield running
    running.server.stop()


def received(sources, queue):
    """The bodies of the messages in a queue, once there is one."""
    sqs, url = sources.client("sqs"), sources.queue(queue)
    look = lambda: sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])  # noqa: E731
    return [message["Body"] for message in until(look, bool)]


def test_a_message_in_a_queue_invokes_and_is_gone(sources):
    sqs, url = sources.client("sqs"), sources.queue("Jobs")
    sqs.send_message(QueueUrl=url, MessageBody="one job")
    [event] = sources.wait_for("OnJob", "one job")
    [record] = event["Records"]
    assert (record["body"], record["eventSource"]) == ("one job", "aws:sqs")
    time.sleep(1.5)  # its visibility time-out is a second
    assert len(sources.events("OnJob", "one job")) == 1


def test_a_message_handed_back_comes_again_and_then_goes_to_the_dead_letters(sources):
    sources.client("sqs").send_message(QueueUrl=sources.queue("Jobs"), MessageBody="again")
    events = sources.wait_for("OnJob", '"again"', 2)
    counts = [event["Records"][0]["attributes"]["ApproximateReceiveCount"] for event in events]
    assert counts == ["1", "2"]
    assert received(sources, "DeadJobs") == ["again"]


def test_a_change_of_a_table_invokes_with_both_images_and_past_the_filter(sources):
    dynamodb, table = sources.client("dynamodb"), "users-api-People"
    dynamodb.put_item(TableName=table, Item={"id": {"S": "ann"}, "n": {"N": "1"}})
    dynamodb.put_item(TableName=table, Item={"id": {"S": "ann"}, "n": {"N": "2"}})
    dynamodb.delete_item(TableName=table, Key={"id": {"S": "ann"}})
    sources.wait_for("OnChange", "REMOVE")
    records = [record for event in sources.events("OnChange") for record in event["Records"]]
    assert [record["eventName"] for record in records] == ["INSERT", "REMOVE"]
    assert records[1]["dynamodb"]["OldImage"] == {"id": {"S": "ann"}, "n": {"N": "2"}}


def test_a_failed_change_is_tried_again_before_any_that_follows(sources):
    dynamodb, table = sources.client("dynamodb"), "users-api-People"
    broken = "please fail"
    dynamodb.put_item(TableName=table, Item={"id": {"S": "bad"}, "text": {"S": broken}})
    sources.wait_for("OnChange", broken, 2)
    dynamodb.put_item(TableName=table, Item={"id": {"S": "good"}})
    sources.wait_for("OnChange", broken, 3)
    assert all(broken in json.dumps(event) for event in sources.events("OnChange", '"good"'))
    assert "RuntimeError: as it was asked to" in sources.server.output


def test_a_record_of_a_stream_invokes(sources):
    kinesis = sources.client("kinesis")
    [stream] = kinesis.list_streams()["StreamNames"]
    kinesis.put_record(StreamName=stream, Data=b"a click", PartitionKey="a")
    [event] = sources.wait_for("OnClick", "Records")
    assert base64.b64decode(event["Records"][0]["kinesis"]["data"]) == b"a click"


def test_records_of_a_stream_that_are_handed_back_come_again(sources):
    kinesis = sources.client("kinesis")
    [stream] = kinesis.list_streams()["StreamNames"]
    kinesis.put_record(StreamName=stream, Data=b"again", PartitionKey="a")
    sources.wait_for("OnClick", base64.b64encode(b"again").decode(), 2)


def test_mail_of_the_template_s_sender_is_taken(sources):
    to, message = {"ToAddresses": ["ann@example.com"]}, {"Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "text"}}}
    ses = sources.client("ses")
    assert ses.list_identities()["Identities"] == ["users@example.com"]
    ses.send_email(Source="users@example.com", Destination=to, Message=message)
    assert ses.get_send_statistics()["SendDataPoints"][0]["DeliveryAttempts"] == 1


def test_a_notice_of_a_topic_invokes(sources):
    sns = sources.client("sns")
    sns.publish(TopicArn=sns.list_topics()["Topics"][0]["TopicArn"], Message="a notice")
    [event] = sources.wait_for("OnNotice", "a notice")
    assert event["Records"][0]["Sns"]["Message"] == "a notice"


def test_an_object_in_a_bucket_invokes(sources):
    s3 = sources.client("s3")
    [bucket] = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    s3.put_object(Bucket=bucket, Key="a.png", Body=b"a")
    [event] = sources.wait_for("OnPicture", "a.png")
    assert event["Records"][0]["s3"]["object"]["key"] == "a.png"


def put_event(sources, text):
    entry = {"Source": "users", "DetailType": "test", "Detail": json.dumps({"text": text})}
    assert sources.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def test_an_event_of_the_bus_invokes(sources):
    put_event(sources, "an event")
    [event] = sources.wait_for("OnEvent", "an event")
    assert (event["source"], event["detail"]) == ("users", {"text": "an event"})


def test_an_asynchronous_failure_is_retried_as_often_as_written_and_then_a_dead_letter(sources):
    put_event(sources, "please fail")
    [letter] = received(sources, "Failures")
    assert json.loads(letter)["requestPayload"]["detail"] == {"text": "please fail"}
    assert json.loads(letter)["responsePayload"]["errorType"] == "RuntimeError"
    assert len(sources.events("OnEvent", "please fail")) == 2


def test_schedules_are_there_and_name_their_function(sources):
    events = sources.client("events")
    [rule] = [rule for rule in events.list_rules()["Rules"] if rule.get("ScheduleExpression")]
    [target] = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(1 minute)", "ENABLED")
    assert target["Arn"].endswith(":function:users-api-OnTime")
    scheduler = sources.client("scheduler")
    [schedule] = scheduler.list_schedules()["Schedules"]
    assert schedule["Target"]["Arn"] == target["Arn"]


@pytest.mark.deep
def test_schedules_invoke(sources):
    until(lambda: sources.events("OnTime", "Scheduled Event"), bool, patience=100)
    until(lambda: sources.events("OnTime", '{"by": "scheduler"}'), bool, patience=100)


def test_a_trigger_of_a_user_pool_decides(sources):
    cognito = sources.client("cognito-idp")
    pool = cognito.list_user_pools(MaxResults=5)["UserPools"][0]["Id"]
    client = cognito.list_user_pool_clients(UserPoolId=pool)["UserPoolClients"][0]["ClientId"]
    who = {"ClientId": client, "Password": "Pass-word-1"}
    assert cognito.sign_up(Username="ann", **who)["UserConfirmed"]
    with pytest.raises(cognito.exceptions.UserLambdaValidationException, match="not you"):
        cognito.sign_up(Username="mallory", **who)


def invoked(sources, payload, function="Uncalled", **how):
    """Status, FunctionError and payload of one Invoke."""
    name = f"users-api-{function}"
    answer = sources.client("lambda").invoke(FunctionName=name, Payload=json.dumps(payload), **how)
    return answer["StatusCode"], answer.get("FunctionError"), json.loads(answer["Payload"].read() or b"null")


def test_an_invocation_by_the_sdk_answers_and_fails_as_lambda_does(sources):
    assert invoked(sources, {"hello": 1}) == (200, None, {"batchItemFailures": []})
    status, kind, payload = invoked(sources, "please fail")
    assert (status, kind) == (200, "Unhandled")
    assert (payload["errorType"], payload["errorMessage"]) == ("RuntimeError", "as it was asked to")
    assert invoked(sources, "please be odd")[2] == {
        "errorType": "Runtime.MarshalError",
        "errorMessage": "Unable to marshal response: Object of type object is not JSON serializable",
        "requestId": invoked_last(sources),
    }
    assert invoked(sources, None, InvocationType="Event")[0] == 202


def invoked_last(sources):
    """The request id of the last event that Uncalled was given."""
    lines = (sources.seen_folder / "users-api-Uncalled").read_text().splitlines()
    return json.loads(lines[-1])["requestId"]


def test_a_function_that_is_switched_off_is_refused_at_once(sources):
    status, kind, payload = invoked(sources, {}, "Off")
    assert (status, kind, payload["errorType"]) == (200, "Unhandled", "TooManyRequestsException")


def test_a_function_whose_time_is_up_is_cut_and_others_go_on(sources):
    status, kind, payload = invoked(sources, "please hang")
    assert (status, kind, payload["errorType"]) == (200, "Unhandled", "Sandbox.Timedout")
    assert payload["errorMessage"] == f"RequestId: {invoked_last(sources)} Error: Task timed out after 2.00 seconds"
    assert invoked(sources, {})[1] is None


def test_each_invocation_is_one_line(sources):
    invoked(sources, "a line")
    line = re.compile(rf"\d\d:\d\d:\d\d  invoke  users-api-Uncalled +ok +\d+\.\d ms  {invoked_last(sources)}")
    until(lambda: sources.server.output, line.search)


def test_an_invocation_leaves_nothing_that_would_grow(sources):
    invoked(sources, {})
    assert sources.client("logs").describe_log_groups()["logGroups"] == []
    assert sources.client("cloudwatch").list_metrics(Namespace="AWS/Lambda")["Metrics"] == []


def websocket(sources, query="", headers=()):
    """A connection to the address that the start screen names."""
    url = re.search(r"WebSocket\s+(ws://\S+)", sources.server.output)[1]
    return WebSocket(url + query, headers=list(headers))


def test_a_websocket_api_calls_the_functions_of_its_routes(sources):
    connection = websocket(sources)
    assert isinstance(connection.opened, AcceptConnection)
    connection.send(Message(data="hello"))
    answer = connection.next()
    assert isinstance(answer, TextMessage)
    assert answer.data == "HELLO"
    connection.socket.close()


def test_a_header_does_not_choose_the_source_address_of_a_websocket_connection(sources):
    connection = websocket(sources, headers=[(b"X-Forwarded-For", b"203.0.113.9"), (b"X-Forwarded-Proto", b"https")])
    assert isinstance(connection.opened, AcceptConnection)
    connection.send(Message(data="who?"))
    assert connection.next().data == "127.0.0.1"
    connection.socket.close()


def test_a_websocket_connection_can_be_refused(sources):
    connection = websocket(sources, "?no=1")
    assert isinstance(connection.opened, RejectConnection)
    connection.socket.close()


def test_a_function_of_the_api_alone_is_not_told_of(sources):
    names = {function["FunctionName"] for function in sources.client("lambda").list_functions()["Functions"]}
    assert "users-api-OnJob" in names
    assert "users-api-Web" not in names


def test_kill_9_loses_no_change_of_a_table_and_no_message(tmp_path):
    first = Sources(tmp_path)
    dynamodb, sqs = first.client("dynamodb"), first.client("sqs")
    for number in range(20):
        dynamodb.put_item(TableName="users-api-People", Item={"id": {"S": f"user-{number}"}})
        sqs.send_message(QueueUrl=first.queue("Jobs"), MessageBody=f"job-{number}")
    os.killpg(first.server.process.pid, signal.SIGKILL)
    first.server.stop()
    second = Sources(tmp_path)
    try:
        for number in range(20):  # some for the second time, none never
            second.wait_for("OnChange", f'"user-{number}"')
            second.wait_for("OnJob", f'"job-{number}"')
    finally:
        assert second.server.stop() == 0
    assert "Traceback" not in second.server.output


def test_a_source_that_leaves_the_template_invokes_no_more_and_its_queue_stays(tmp_path):
    first = Sources(tmp_path)
    queue = first.queue("Jobs")
    first.server.stop()
    less = tmp_path / "less.yaml"
    text = TEMPLATE.read_text().replace("../functions/", os.path.relpath(FUNCTIONS, tmp_path))
    for first_line, last in (("  OnJob:\n", "\n  People:"), ("  SocketDefault:\n", "  SocketStage:")):
        text = text[: text.index(first_line)] + text[text.index(last) :]
    less.write_text(text)
    second = Sources(tmp_path, less)
    try:
        assert second.queue("Jobs") == queue
        second.client("sqs").send_message(QueueUrl=queue, MessageBody="to nobody")
        time.sleep(2)
        assert second.events("OnJob") == []
        assert second.client("lambda").list_event_source_mappings()["EventSourceMappings"] != []
        with pytest.raises(second.client("lambda").exceptions.ResourceNotFoundException):
            second.client("lambda").get_function(FunctionName="users-api-OnJob")
        gateway = second.client("apigatewayv2")
        [api] = gateway.get_apis()["Items"]
        assert [route["RouteKey"] for route in gateway.get_routes(ApiId=api["ApiId"])["Items"]] == ["$connect"]
    finally:
        second.server.stop()


def test_a_template_without_such_functions_tells_the_emulated_aws_of_none():
    with Server(parameters="Events=false") as server:
        assert server.client("lambda").list_functions()["Functions"] == []
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"{server.url}/nothing")


def test_a_slow_function_of_a_stream_holds_up_no_queue(tmp_path):
    own = Sources(tmp_path)
    sqs, dynamodb, queue = own.client("sqs"), own.client("dynamodb"), own.queue("Jobs")
    try:
        dynamodb.put_item(TableName="users-api-People", Item={"id": {"S": "please hang"}})
        own.wait_for("OnChange", "please hang")
        sqs.send_message(QueueUrl=queue, MessageBody="meanwhile")
        own.wait_for("OnJob", "meanwhile")
        assert "Task timed out" not in own.server.output
    finally:
        assert own.server.stop() == 0


def test_an_event_may_be_far_larger_than_6_mb():
    here, there = socket.socketpair()
    host = Host(here, after_each=lambda: None)
    call = {"function": "none", "event": "x" * 80_000_000, "requestId": "1"}

    async def invoke():
        serving = asyncio.create_task(Invocations({}, lambda _: None).serve(there))
        result = await asyncio.to_thread(host.invoke, call)
        serving.cancel()
        return result

    assert asyncio.run(invoke())["error"]["errorType"] == "ResourceNotFoundException"
    here.close()


def test_what_is_under_way_when_it_stops_comes_again(tmp_path):
    first = Sources(tmp_path)
    first.client("sqs").send_message(QueueUrl=first.queue("Jobs"), MessageBody="please hang")
    first.wait_for("OnJob", "please hang")
    assert first.server.stop() == 0
    second = Sources(tmp_path)
    second.wait_for("OnJob", "please hang", 2)
    assert second.server.stop() == 0
