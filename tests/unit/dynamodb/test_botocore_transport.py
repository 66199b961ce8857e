"""The same client with botocore below it."""

from __future__ import annotations

import os
import socket
import threading
import time

import pytest

from dynamodb.botocore_transport import TIMEOUTS, _timeouts
from dynamodb.client import Client, from_environment
from dynamodb.errors import ConfigurationError, RequestRejected, Throttled, Unavailable
from tests.unit.dynamodb.fakes import failure
from tests.unit.dynamodb.scripted_server import OK, ScriptedServer, answer, echo, hang, reset, say
from utils.deadline import Deadline


@pytest.fixture
def environ(monkeypatch):
    def setting(port: int, **more: str) -> dict[str, str]:
        settings = {
            "DYNAMODB_CLIENT": "boto3",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{port}",
            **more,
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        return dict(os.environ)

    return setting


def call(client: Client, seconds: float = 5) -> dict:
    return client.call("GetItem", {"TableName": "Users", "Key": {"userId": {"S": "1"}}}, Deadline(seconds))


def test_botocore_signs_and_sends_the_request(environ):
    with ScriptedServer([answer(b'{"Item": {"age": {"N": "30"}}}')]) as server:
        assert call(from_environment(environ(server.port))) == {"Item": {"age": {"N": "30"}}}
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert body == b'{"TableName": "Users", "Key": {"userId": {"S": "1"}}}'
    assert b"Credential=AKIDEXAMPLE/" in head
    assert b"Botocore/" in head


def test_botocore_itself_does_not_retry(environ):
    status, _, body = failure(500, "InternalServerError")
    with ScriptedServer([answer(body, status)] * 20) as server:
        with pytest.raises(Unavailable):
            call(from_environment(environ(server.port, AWS_MAX_ATTEMPTS="1")))
        assert len(server.requests) == 1
        with pytest.raises(Unavailable):
            call(from_environment(environ(server.port, AWS_MAX_ATTEMPTS="3")))
        assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [(400, "ValidationException", RequestRejected), (400, "ThrottlingException", Throttled)],
)
def test_errors_are_the_same_types(environ, status, code, error):
    _, _, body = failure(status, code)
    with ScriptedServer([answer(body, status, x_amzn_RequestId="R")]) as server, pytest.raises(error) as raised:
        call(from_environment(environ(server.port, AWS_MAX_ATTEMPTS="1")))
    assert (raised.value.code, raised.value.message, raised.value.request_id) == (code, "why", "R")


def test_a_wrong_checksum_is_no_answer_here_too(environ):
    with ScriptedServer([answer(b'{"Item": {}}', x_amz_crc32="1"), answer(b'{"Item": {"a": {"S": "b"}}}')]) as server:
        assert call(from_environment(environ(server.port))) == {"Item": {"a": {"S": "b"}}}


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("body", [b'{"Item": {', b"\xff", b"[1]", b'{"Item": 5}'])
def test_an_answer_that_botocore_cannot_read_is_judged_by_the_client(environ, status, body):
    garbled = answer(body, status, Content_Type="application/x-amz-json-1.0")
    with ScriptedServer([garbled, answer(b'{"Item": {"a": {"S": "b"}}}')]) as server:
        client = from_environment(environ(server.port))
        try:
            found = call(client)
        except RequestRejected as error:
            found = {"code": error.code}
    whole = body == b'{"Item": 5}'
    expected = {"Item": 5} if status == 200 else {"code": "400"}
    assert found == (expected if whole else {"Item": {"a": {"S": "b"}}})


@pytest.mark.parametrize("act", [reset, say(OK[:-1]), say(b"nonsense")], ids=["reset", "cut", "nonsense"])
def test_an_answer_that_was_lost_is_uncertain(environ, act):
    with ScriptedServer([act]) as server, pytest.raises(Unavailable) as raised:
        call(from_environment(environ(server.port, AWS_MAX_ATTEMPTS="1")))
    assert raised.value.uncertain


def test_nobody_there_is_certain(environ):
    free = socket.socket()
    free.bind(("127.0.0.1", 0))
    with pytest.raises(Unavailable) as raised:
        call(from_environment(environ(free.getsockname()[1], AWS_MAX_ATTEMPTS="1")))
    assert not raised.value.uncertain


def test_no_credentials_is_certain(environ, monkeypatch):
    settings = environ(
        1, AWS_EC2_METADATA_DISABLED="true", AWS_SHARED_CREDENTIALS_FILE="/nonexistent", AWS_MAX_ATTEMPTS="1"
    )
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(Unavailable, match="NoCredentials") as raised:
        call(from_environment(settings))
    assert not raised.value.uncertain


def test_a_hanging_server_is_left_near_the_deadline(environ):
    with ScriptedServer([hang(3)]) as server:
        client = from_environment(environ(server.port))
        begun = time.monotonic()
        with pytest.raises(Unavailable):
            call(client, 0.8)
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(("left", "pair"), [(60, 0), (3, 0), (2.9, 1), (1.5, 1), (1, 2), (0.4, 3), (0.1, 3)])
def test_the_time_outs_fit_the_time_that_is_left(left, pair):
    assert _timeouts(left) == TIMEOUTS[pair]


def test_threads_share_it(environ):
    with ScriptedServer([echo] * 1000) as server:
        client = from_environment(environ(server.port))
        wrong = []

        def run(number: int) -> None:
            for turn in range(10):
                request = {"TableName": f"table-{number}-{turn}", "Key": {}}
                if client.call("GetItem", request, Deadline(10)) != request:
                    wrong.append(request)

        threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []
    assert len(server.requests) == 60


def test_no_region_is_said_when_the_client_is_made(environ, monkeypatch):
    settings = environ(1, AWS_CONFIG_FILE="/nonexistent")
    settings.pop("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    with pytest.raises(ConfigurationError):
        from_environment(settings)
