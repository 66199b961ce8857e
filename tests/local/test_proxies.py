"""A real proxy, which writes down who connects, sees nothing of what `make run` and its tools do on this machine."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator

import pytest

from local.aws.start import start
from local.stack.calls import CallError, dynamodb
from tests.local.raw import ask
from tests.support.server import ROOT, Server

pytestmark = [pytest.mark.slow, pytest.mark.local_only]
USER = '{"name": "Ida Rhodes", "email": "ida@example.com"}'


class Proxy:
    """Accepts connections, keeps their first bytes in `seen`, and hangs up."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        """Until the socket is closed."""
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                self.seen.append(connection.recv(1000))

    def settings(self, **more: str) -> dict[str, str]:
        """The environment of a developer who uses it for everything."""
        names = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
        return {**dict.fromkeys(names, self.url), "no_proxy": "", "NO_PROXY": "", **more}


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    made = Proxy()
    yield made
    made.socket.close()


def works(running: Server) -> None:
    """A user is created and read."""
    lines = ["Host: localhost", "Content-Type: application/json"]
    assert ask(running.url, *lines, method="POST", target="/users", body=USER).status == 201, running.output
    assert ask(running.url, "Host: localhost", target="/users").status == 200


@pytest.mark.parametrize("client", ["", "boto3"])
@pytest.mark.parametrize("excepted", ["", "internal.example.com"])
def test_a_start_and_its_requests_pass_by_the_proxy(proxy, client, excepted):
    with Server(**proxy.settings(DYNAMODB_CLIENT=client, no_proxy=excepted, NO_PROXY=excepted)) as running:
        works(running)
    assert proxy.seen == []


@pytest.mark.parametrize("value", ["http://[::1", "::::", "proxy.example.com:port", "socks5h://127.0.0.1:9"])
def test_a_proxy_that_nobody_can_read_does_not_matter(proxy, value):
    with Server(**dict.fromkeys(proxy.settings(), value) | {"no_proxy": "", "NO_PROXY": ""}) as running:
        works(running)


def test_the_emulated_aws_alone_passes_by_the_proxy(proxy, tmp_path):
    running = start(tmp_path, settings=proxy.settings())
    try:
        names = ["CreateTopic&Name=news", "Subscribe&TopicArn=arn:aws:sns:us-east-1:000000000000:news&Protocol=http"]
        port = running.endpoint.rpartition(":")[2]
        target = f"{names[1]}&Endpoint=http://127.0.0.1:{port}/"  # which ministack asks for a confirmation
        for query in (names[0], target):
            kind = "Content-Type: application/x-www-form-urlencoded"
            signed = "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sns/aws4_request"
            assert (
                ask(running.endpoint, "Host: localhost", kind, signed, method="POST", body=f"Action={query}").status
                == 200
            )
    finally:
        running.stop()
    assert proxy.seen == []


@pytest.mark.needs("curl")
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_the_script_passes_by_the_proxy(server, proxy, host):
    environment = {"PATH": "/usr/bin:/bin", **proxy.settings()}
    done = subprocess.run(
        [ROOT / "test-api.sh", f"http://{host}:{server.port}"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, proxy.seen) == (0, []), done.stdout + done.stderr


def test_a_function_sees_the_proxy_for_the_internet(proxy, monkeypatch, local_api):
    for name, value in proxy.settings(no_proxy="localhost,127.0.0.1", NO_PROXY="localhost,127.0.0.1").items():
        monkeypatch.setenv(name, value)
    environment = local_api("proxy").get("/echo").json()["environment"]
    assert (environment["https_proxy"], environment["no_proxy"]) == (proxy.url, "localhost,127.0.0.1")


def test_an_emulated_aws_that_is_gone_is_one_sentence():
    with pytest.raises(CallError, match=r"the emulated AWS at .* does not answer"):
        dynamodb("http://127.0.0.1:9", "ListTables", {})
