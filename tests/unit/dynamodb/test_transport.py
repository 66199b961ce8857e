"""Requests over connections of our own: kept, replaced, shared between threads, set up by the environment."""

from __future__ import annotations

import threading
import time

import pytest

from dynamodb.client import Client
from dynamodb.endpoints import Endpoint
from dynamodb.errors import ConditionalCheckFailed, ConfigurationError, NoResponse, Unavailable
from dynamodb.signing import Credentials
from dynamodb.transport import MAX_IDLE, MAX_KEPT, HttpTransport, from_environment
from tests.unit.dynamodb.fakes import failure
from tests.unit.dynamodb.scripted_server import OK, ScriptedServer, answer, drip, echo, hang, reset, say, then
from utils.deadline import Deadline

CREDENTIALS = Credentials("AKIDEXAMPLE", "secret")
MANY = [say(OK)] * 50


def transport(server: ScriptedServer, **settings) -> HttpTransport:
    return HttpTransport(Endpoint("127.0.0.1", "us-east-1", server.port, tls=False), lambda _: CREDENTIALS, **settings)


def client(server: ScriptedServer, **settings) -> Client:
    return Client(transport(server, **settings))


def call(one: Client, seconds: float = 5) -> dict:
    return one.call("GetItem", {"TableName": "Users"}, Deadline(seconds))


def test_a_request_has_what_dynamodb_needs():
    with ScriptedServer(MANY) as server:
        transport(server, now=lambda: 1440938160).send("GetItem", b'{"a": 1}', 2)
    lines = server.requests[0].decode().split("\r\n")
    assert lines[:5] == [
        "POST / HTTP/1.1",
        "content-type: application/x-amz-json-1.0",
        f"host: 127.0.0.1:{server.port}",
        "x-amz-date: 20150830T123600Z",
        "x-amz-target: DynamoDB_20120810.GetItem",
    ]
    assert lines[5].startswith("authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/dynamodb/")
    assert lines[6:] == ["accept-encoding: identity", "content-length: 8", "", '{"a": 1}']


def test_the_connection_is_kept_from_call_to_call():
    with ScriptedServer(MANY) as server:
        one = client(server)
        for _ in range(5):
            call(one)
    assert (server.connections, len(server.requests)) == (1, 5)


def test_opening_ahead_gives_the_first_call_its_connection():
    with ScriptedServer(MANY) as server:
        one = client(server)
        one.open()
        time.sleep(0.05)
        assert server.connections == 1
        call(one)
    assert (server.connections, len(server.requests)) == (1, 1)


def test_a_kept_connection_that_the_server_ended_is_replaced_before_anything_is_sent():
    with ScriptedServer([say(OK)], MANY) as server:
        one = client(server)
        call(one)
        time.sleep(0.1)
        call(one)
    assert (server.connections, len(server.requests)) == (2, 2)


def test_a_write_after_the_server_ended_the_kept_connection_is_certain_when_refused():
    status, _, body = failure(400, "ConditionalCheckFailedException")
    with ScriptedServer([say(OK)], [answer(body, status)]) as server:
        one = client(server)
        call(one)
        time.sleep(0.1)
        with pytest.raises(ConditionalCheckFailed) as raised:
            call(one)
    assert not raised.value.uncertain


def test_a_kept_connection_that_dies_under_the_request_is_replaced_at_once():
    with ScriptedServer([say(OK), reset], MANY) as server:
        slept: list[float] = []
        one = Client(transport(server), sleep=slept.append)
        call(one)
        assert call(one) == {}
    assert slept == []
    assert (server.connections, len(server.requests)) == (2, 3)


def test_a_write_that_went_out_over_a_connection_that_died_is_uncertain_when_refused():
    status, _, body = failure(400, "ConditionalCheckFailedException")
    with ScriptedServer([say(OK), reset], [answer(body, status)]) as server:
        one = client(server)
        call(one)
        with pytest.raises(ConditionalCheckFailed) as raised:
            call(one)
    assert raised.value.uncertain


def test_a_refused_write_over_a_sound_connection_is_certain():
    status, _, body = failure(400, "ConditionalCheckFailedException")
    with ScriptedServer([answer(body, status)]) as server, pytest.raises(ConditionalCheckFailed) as raised:
        call(client(server))
    assert not raised.value.uncertain


def test_many_dead_kept_connections_cost_one_attempt():
    """As after a freeze: whatever was kept is gone, and the call must not pay for each."""
    with ScriptedServer([then(hang(0.1), say(OK))], MANY) as server:
        carrier = transport(server)
        one = Client(carrier)
        threads = [threading.Thread(target=call, args=(one,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for kept in carrier._idle:
            kept._socket.shutdown(2)
        before = len(server.requests)
        call(one)
        assert len(server.requests) == before + 1


def test_a_connection_idle_for_long_is_not_used_again():
    now = [1440938160.0]
    with ScriptedServer(MANY) as server:
        one = client(server, now=lambda: now[0])
        call(one)
        now[0] += MAX_IDLE - 1
        call(one)
        assert server.connections == 1
        now[0] += MAX_IDLE + 1
        call(one)
    assert server.connections == 2


def test_a_broken_answer_costs_its_connection():
    with ScriptedServer([say(OK[:-1])], MANY) as server:
        carrier = transport(server)
        with pytest.raises(NoResponse):
            carrier.send("GetItem", b"{}", 2)
        carrier.send("GetItem", b"{}", 2)
    assert server.connections == 2


def test_a_connection_that_the_server_says_it_will_close_is_not_kept():
    with ScriptedServer([answer(b"{}", Connection="close"), say(OK)]) as server:
        carrier = transport(server)
        for _ in range(3):
            carrier.send("GetItem", b"{}", 2)
            assert carrier._idle == []
    assert server.connections == 3


def test_a_truncated_answer_is_asked_for_again_and_the_call_succeeds():
    with ScriptedServer([say(OK[:-1])], [say(OK)]) as server:
        assert call(client(server)) == {}
    assert len(server.requests) == 2


def test_an_answer_with_a_wrong_checksum_is_asked_for_again():
    with ScriptedServer([answer(b'{"a": 1}', x_amz_crc32="1"), answer(b'{"a": 2}')]) as server:
        assert call(client(server)) == {"a": 2}


def test_threads_at_once_each_have_a_connection_and_leave_few():
    with ScriptedServer([then(hang(0.05), say(OK)), *MANY]) as server:
        carrier = transport(server)
        one = Client(carrier)
        results: list[dict] = []
        threads = [threading.Thread(target=lambda: results.append(call(one))) for _ in range(MAX_KEPT + 8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [{}] * (MAX_KEPT + 8)
        assert len(carrier._idle) <= MAX_KEPT


def test_answers_go_to_the_thread_that_asked():
    with ScriptedServer([echo] * 1000) as server:
        one = client(server)
        wrong: list[object] = []

        def run(number: int) -> None:
            for turn in range(40):
                request = {"who": number, "turn": turn}
                if one.call("Echo", request, Deadline(10)) != request:
                    wrong.append(request)

        threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []
    assert len(server.requests) == 320
    assert server.connections <= 8


@pytest.mark.parametrize("act", [hang(3), drip(OK, 0.05)], ids=["hang", "drip"])
def test_a_slow_server_is_left_by_the_deadline(act):
    with ScriptedServer([act]) as server:
        begun = time.monotonic()
        with pytest.raises(Unavailable) as raised:
            call(client(server), 0.5)
    assert time.monotonic() - begun < 1.2
    assert raised.value.uncertain


def test_retries_end_by_the_deadline_too(monkeypatch):
    monkeypatch.setattr("dynamodb.connection.READ_TIMEOUT", 0.2)
    with ScriptedServer([hang(0.4)]) as server:
        begun = time.monotonic()
        with pytest.raises(Unavailable):
            call(client(server), 0.7)
        assert 0.5 < time.monotonic() - begun < 1.5
        assert len(server.requests) in (2, 3)


def test_credentials_that_cannot_be_had_are_a_call_that_was_not_sent():
    def none(_: float) -> Credentials:
        raise NoResponse("no credentials", sent=False)

    with ScriptedServer(MANY) as server:
        carrier = HttpTransport(Endpoint("127.0.0.1", "us-east-1", server.port, tls=False), none)
        carrier.open(1)
        with pytest.raises(Unavailable) as raised:
            Client(carrier, sleep=lambda _: None).call("GetItem", {}, Deadline(2))
    assert not raised.value.uncertain
    assert server.requests == []


ENVIRON = {"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "secret"}


def sent_with(environ: dict[str, str]) -> str:
    with ScriptedServer(MANY) as server:
        settings = {**ENVIRON, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.port}/base", **environ}
        from_environment(settings).send("Scan", b"{}", 2)
    return server.requests[0].decode()


def test_the_environment_says_where_and_who():
    request = sent_with({"AWS_SESSION_TOKEN": "TOKEN"})
    assert request.startswith("POST /base HTTP/1.1\r\n")
    assert "Credential=AKIDENV/" in request
    assert "/eu-west-1/dynamodb/aws4_request" in request
    assert "\r\nx-amz-security-token: TOKEN\r\n" in request
    assert "x-amz-security-token;" in request


def test_without_a_session_token_none_is_sent():
    assert "security-token" not in sent_with({})


@pytest.mark.parametrize("name", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_the_bundle_is_read_from_the_environment(name):
    carrier = from_environment({**ENVIRON, name: "/x/bundle.pem"})
    assert carrier._connector._bundle == "/x/bundle.pem"


PROXY = {"HTTPS_PROXY": "http://proxy:3128"}
LOCAL = {"AWS_ENDPOINT_URL": "http://localhost:8000"}


@pytest.mark.parametrize(
    "environ",
    [
        PROXY,
        {"https_proxy": "http://proxy:3128"},
        {"ALL_PROXY": "socks5://proxy"},
        {**PROXY, "NO_PROXY": "example.com,aws.com"},
        {**PROXY, "NO_PROXY": "ws.com"},
        {**LOCAL, "HTTP_PROXY": "http://proxy:3128"},
    ],
)
def test_a_proxy_is_refused_in_words(environ):
    with pytest.raises(ConfigurationError, match="DYNAMODB_CLIENT=boto3"):
        from_environment({**ENVIRON, **environ})


@pytest.mark.parametrize(
    "environ",
    [
        {**PROXY, "NO_PROXY": "*"},
        {**PROXY, "NO_PROXY": "x, .amazonaws.com"},
        {**PROXY, "no_proxy": "AMAZONAWS.COM"},
        {**PROXY, "NO_PROXY": "dynamodb.eu-west-1.amazonaws.com"},
        {"HTTP_PROXY": "http://proxy:3128"},
        {**PROXY, **LOCAL},
        {"HTTPS_PROXY": ""},
    ],
)
def test_a_proxy_that_is_not_for_dynamodb_is_none_of_our_business(environ):
    from_environment({**ENVIRON, **environ})
