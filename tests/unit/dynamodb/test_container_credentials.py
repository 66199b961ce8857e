"""Credentials from the container's endpoint: asked for in time, renewed ahead, kept while they do."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from dynamodb.container_credentials import (
    LAST_USE,
    RENEW_AHEAD,
    TRY_EVERY,
    ContainerCredentials,
    address,
    from_environment,
)
from dynamodb.errors import ConfigurationError, NoResponse
from dynamodb.transport import from_environment as transport_from_environment
from tests.unit.dynamodb.scripted_server import OK, ScriptedServer, answer, hang, say

START = datetime(2026, 1, 1, tzinfo=UTC)


def document(key: str = "AKID1", lasts: float = 3600, after: float = 0, **changes: object) -> bytes:
    ends = START + timedelta(seconds=after + lasts)
    members = {
        "AccessKeyId": key,
        "SecretAccessKey": "secret",
        "Token": "token",
        "Expiration": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
        **changes,
    }
    return json.dumps({name: value for name, value in members.items() if value is not None}).encode()


class Source:
    """Credentials over a scripted endpoint, with a clock of its own."""

    def __init__(self, *documents: bytes | Exception) -> None:
        self.now = START.timestamp()
        self.documents = list(documents)
        self.timeouts: list[float] = []
        self.credentials = ContainerCredentials(self._fetch, lambda: self.now)

    def _fetch(self, timeout: float) -> bytes:
        self.timeouts.append(timeout)
        document = self.documents.pop(0) if len(self.documents) > 1 else self.documents[0]
        if isinstance(document, Exception):
            raise document
        return document

    def key(self, timeout: float = 5) -> str:
        return self.credentials(timeout).access_key


DOWN = NoResponse("down", sent=False)


def test_they_are_asked_for_once_and_then_kept():
    source = Source(document())
    assert [source.key() for _ in range(3)] == ["AKID1"] * 3
    assert len(source.timeouts) == 1
    credentials = source.credentials(1)
    assert (credentials.secret_key, credentials.token) == ("secret", "token")


def test_they_are_renewed_ahead_of_their_end():
    source = Source(document("AKID1"), document("AKID2", 7200))
    source.key()
    source.now += 3600 - RENEW_AHEAD - 1
    assert source.key() == "AKID1"
    source.now += 2
    assert source.key() == "AKID2"
    assert len(source.timeouts) == 2


def test_while_renewal_fails_the_old_ones_are_used_and_it_is_tried_now_and_then():
    source = Source(document("AKID1"), DOWN)
    source.key()
    source.now += 3600 - RENEW_AHEAD + 1
    assert [source.key() for _ in range(5)] == ["AKID1"] * 5
    assert len(source.timeouts) == 2
    source.now += TRY_EVERY + 1
    assert source.key() == "AKID1"
    assert len(source.timeouts) == 3


def test_credentials_about_to_end_are_never_used():
    source = Source(document("AKID1"), DOWN)
    source.key()
    source.now += 3600 - LAST_USE + 1
    with pytest.raises(NoResponse):
        source.key()


def test_credentials_that_have_ended_are_refused():
    with pytest.raises(NoResponse, match="expired"):
        Source(document(lasts=LAST_USE - 1)).key()


def test_credentials_that_are_short_lived_are_not_asked_for_at_every_call():
    source = Source(document(lasts=300))
    assert [source.key() for _ in range(5)] == ["AKID1"] * 5
    assert len(source.timeouts) == 1
    source.now += TRY_EVERY + 1
    source.key()
    assert len(source.timeouts) == 2


def test_after_a_long_freeze_new_ones_are_asked_for():
    source = Source(document("AKID1"), document("AKID2", after=86400))
    source.key()
    source.now += 86400
    assert source.key() == "AKID2"


def test_a_request_gives_a_renewal_it_could_do_without_no_more_than_a_second():
    source = Source(document("AKID1"), document("AKID2", 7200))
    source.key(5)
    source.now += 3600 - RENEW_AHEAD + 1
    source.key(5)
    assert source.timeouts == [pytest.approx(5, abs=0.1), 1.0]


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        document(AccessKeyId=None),
        document(SecretAccessKey=None),
        document(Token=None),
        document(Expiration=None),
        document(Expiration="soon"),
        document(Expiration=5),
        document(Token=5),
        document(Token="a\r\nb: c"),
    ],
)
def test_what_cannot_be_read_is_no_credentials_and_not_quoted(broken):
    with pytest.raises(NoResponse) as raised:
        Source(broken).key()
    assert "secret" not in str(raised.value)
    assert not raised.value.sent


def test_threads_at_once_ask_once():
    asked: list[float] = []

    def fetch(timeout: float) -> bytes:
        asked.append(timeout)
        time.sleep(0.05)
        return document(lasts=10**9)

    source = ContainerCredentials(fetch)
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(source(5).access_key)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["AKID1"] * 10
    assert len(asked) == 1


def test_a_thread_that_waits_for_anothers_renewal_goes_on_with_the_old_ones():
    release = threading.Event()
    documents = [document("AKID1"), document("AKID2", 7200)]
    now = [START.timestamp()]

    def fetch(_: float) -> bytes:
        if len(documents) == 1:
            release.wait(2)
        return bytes(documents.pop(0))

    source = ContainerCredentials(fetch, lambda: now[0])
    source(1)
    now[0] += 3600 - RENEW_AHEAD + 1
    slow = threading.Thread(target=source, args=(1,))
    slow.start()
    time.sleep(0.05)
    assert source(1).access_key == "AKID1"
    release.set()
    slow.join()
    assert source(1).access_key == "AKID2"


def test_a_thread_that_needs_anothers_credentials_waits_no_longer_than_it_may():
    release = threading.Event()

    def fetch(_: float) -> bytes:
        release.wait(2)
        return document(lasts=10**9)

    source = ContainerCredentials(fetch)
    slow = threading.Thread(target=source, args=(1,))
    slow.start()
    time.sleep(0.05)
    with pytest.raises(NoResponse):
        source(0.05)
    release.set()
    slow.join()


def asked(environ: dict[str, str], *acts) -> tuple[str, str]:
    """The credentials' key and the request that brought it."""
    with ScriptedServer(*[[act] for act in acts or [answer(document(lasts=10**9))]]) as server:
        url = f"http://127.0.0.1:{server.port}/creds?id=1"
        source = from_environment({"AWS_CONTAINER_CREDENTIALS_FULL_URI": url, **environ})
        key = source(1).access_key
    return key, server.requests[-1].decode()


def test_the_endpoint_is_asked_as_the_environment_says():
    key, request = asked({"AWS_CONTAINER_AUTHORIZATION_TOKEN": "let me in"})
    assert key == "AKID1"
    assert request.startswith("GET /creds?id=1 HTTP/1.1\r\nhost: 127.0.0.1:")
    assert "\r\nauthorization: let me in\r\n" in request


def test_without_a_token_none_is_sent():
    assert "authorization" not in asked({})[1]


def test_the_token_file_goes_first_and_is_read_each_time(tmp_path):
    file = tmp_path / "token"
    file.write_text("one")
    environ = {
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "other",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(file),
    }
    assert "authorization: one\r\n" in asked(environ)[1]
    file.write_text("two")
    assert "authorization: two\r\n" in asked(environ)[1]


@pytest.mark.parametrize("token", ["a\r\nx: y", "a\nb", "\u00e9"])
def test_a_token_that_is_no_header_is_not_sent(token):
    with pytest.raises(NoResponse, match="valid header"):
        asked({"AWS_CONTAINER_AUTHORIZATION_TOKEN": token})


def test_a_token_file_that_is_not_there_is_no_credentials(tmp_path):
    with pytest.raises(NoResponse, match="token"):
        asked({"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(tmp_path / "none")})


def test_a_refusal_is_told_by_its_status_alone():
    with pytest.raises(NoResponse, match="403") as raised:
        asked({}, answer(b'{"code": "AccessDenied", "message": "secret words"}', 403))
    assert "secret words" not in str(raised.value)


def test_an_endpoint_that_hangs_ends_at_the_time_out():
    with ScriptedServer([hang(2)]) as server:
        url = f"http://127.0.0.1:{server.port}/"
        source = from_environment({"AWS_CONTAINER_CREDENTIALS_FULL_URI": url})
        begun = time.monotonic()
        with pytest.raises(NoResponse) as raised:
            source(0.2)
    assert time.monotonic() - begun < 1
    assert not raised.value.sent


def test_a_client_without_keys_of_its_own_signs_with_the_containers():
    with ScriptedServer([answer(document(lasts=10**9))]) as container, ScriptedServer([say(OK)]) as dynamodb:
        carrier = transport_from_environment(
            {
                "AWS_REGION": "us-east-1",
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{dynamodb.port}",
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://127.0.0.1:{container.port}/creds",
            }
        )
        assert container.connections == 0
        carrier.open(1)
        carrier.send("GetItem", b"{}", 1)
    assert "Credential=AKID1/" in dynamodb.requests[0].decode()
    assert "x-amz-security-token: token" in dynamodb.requests[0].decode()


def test_keys_in_the_environment_go_first():
    with ScriptedServer([say(OK)]) as dynamodb:
        carrier = transport_from_environment(
            {
                "AWS_REGION": "us-east-1",
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{dynamodb.port}",
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/creds",
                "AWS_ACCESS_KEY_ID": "AKIDENV",
                "AWS_SECRET_ACCESS_KEY": "secret",
            }
        )
        carrier.send("GetItem", b"{}", 1)
    assert "Credential=AKIDENV/" in dynamodb.requests[0].decode()


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "tls"),
    [
        ("http://127.0.0.1:9001/creds", "127.0.0.1", 9001, "/creds", False),
        ("http://127.9.9.9/", "127.9.9.9", 80, "/", False),
        ("http://localhost/a?b=c", "localhost", 80, "/a?b=c", False),
        ("http://[::1]:8080/x", "::1", 8080, "/x", False),
        ("http://169.254.170.2/v2/credentials/x", "169.254.170.2", 80, "/v2/credentials/x", False),
        ("http://169.254.170.23/v1/credentials", "169.254.170.23", 80, "/v1/credentials", False),
        ("http://[fd00:ec2::23]/v1/credentials", "fd00:ec2::23", 80, "/v1/credentials", False),
        ("https://credentials.example.com/x", "credentials.example.com", 443, "/x", True),
    ],
)
def test_addresses_that_may_be_asked(url, host, port, path, tls):
    endpoint = address(url)
    assert (endpoint.host, endpoint.port, endpoint.path, endpoint.tls) == (host, port, path, tls)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/creds",
        "http://127.evil.example/creds",
        "http://127.0.0.1.evil.example/creds",
        "http://127.0.0.999/creds",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/creds",
        "http:///creds",
        "https:///creds",
        "ftp://127.0.0.1/creds",
        "127.0.0.1/creds",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/a\r\nx: y",
        "http://127.0.0.1:port/",
    ],
)
def test_addresses_that_may_not_be_asked(url):
    with pytest.raises(ConfigurationError):
        address(url)


def test_the_relative_address_goes_first():
    full = "http://not.allowed.example/"
    relative = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/abc"}
    from_environment({**relative, "AWS_CONTAINER_CREDENTIALS_FULL_URI": full})
    with pytest.raises(ConfigurationError):
        from_environment({"AWS_CONTAINER_CREDENTIALS_FULL_URI": full})


@pytest.mark.parametrize(
    "environ", [{}, {"AWS_PROFILE": "dev"}, {"AWS_ROLE_ARN": "x", "AWS_WEB_IDENTITY_TOKEN_FILE": "y"}]
)
def test_no_credentials_at_all_are_refused_with_what_to_do(environ):
    with pytest.raises(ConfigurationError, match="DYNAMODB_CLIENT=boto3"):
        from_environment(environ)
