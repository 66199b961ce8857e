"""One attempt against receivers that misbehave, over real sockets."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from webhooks.sending import Outcome, post


@contextmanager
def receiver(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A receiver that reads a request's first bytes and then does as it is told."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                try:
                    answer(connection)
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://localhost:{listening.getsockname()[1]}/"
        thread.join(10)


def outcome(answer: Callable[[socket.socket], None], seconds: float = 3.0) -> Outcome:
    with receiver(answer) as url:
        return post(url, {}, "{}", localhost=True, seconds=seconds)


def drip(connection: socket.socket) -> None:
    for _ in range(100):
        connection.sendall(b"H")
        time.sleep(0.05)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", 200),
        (b"HTTP/1.0 204\r\n\r\n", 204),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 202 Accepted\r\n\r\n", 202),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 No\r\n\r\n", 500),
        (b"HTTP/1.1 301 Moved\r\nLocation: http://169.254.169.254/\r\n\r\n", 301),
    ],
)
def test_the_status_of_the_response_is_the_outcome(answer, status):
    assert outcome(lambda connection: connection.sendall(answer)).status == status


@pytest.mark.parametrize(("status", "delivered"), [(199, False), (200, True), (299, True), (300, False), (500, False)])
def test_a_receiver_has_the_event_if_its_status_is_2xx(status, delivered):
    assert Outcome(1, status=status).delivered is delivered


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda connection: connection.sendall(b"220 mail.example.com ESMTP\r\n"), "invalid_response"),
        (lambda connection: connection.sendall(b"HTTP/1.1 99 No\r\n\r\n"), "invalid_response"),
        (lambda connection: connection.sendall(b"x" * 100_000), "invalid_response"),
        (lambda connection: None, "connection_failed"),
        (reset, "connection_failed"),
    ],
)
def test_a_response_that_is_none_is_an_error(answer, error):
    assert outcome(answer).error == error


@pytest.mark.parametrize("answer", [drip, lambda connection: time.sleep(1)])
def test_a_receiver_that_is_slow_is_given_up(answer):
    assert outcome(answer, seconds=0.5).error == "timeout"


def test_a_large_body_is_not_waited_for():
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    assert outcome(endless).status == 200


def test_a_name_of_this_machine_is_refused_where_it_is_not_allowed():
    assert post("http://localhost:1/", {}, "{}", localhost=False).error == "address_refused"


def test_nobody_listening_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert post(f"http://localhost:{port}/", {}, "{}", localhost=True).error == "connection_failed"


def answered(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


def test_a_name_is_resolved_once_and_the_checked_address_is_connected_to():
    """DNS rebinding: a second look-up would lead elsewhere."""
    answers = [["127.0.0.1"], ["169.254.169.254"]]
    with receiver(answered) as url:
        said = post(url, {}, "{}", localhost=True, seconds=3.0, resolve=lambda _host, _port: answers.pop(0))

    assert (said.status, answers) == (204, [["169.254.169.254"]])


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::ffff:127.0.0.1"], []])
def test_a_public_name_of_a_private_address_is_refused_and_not_connected_to(addresses):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0)
        said = post("https://example.com/", {}, "{}", localhost=True, resolve=lambda _host, _port: addresses)
        with pytest.raises(BlockingIOError):
            listening.accept()

    assert said.error == "address_refused"


@contextmanager
def encrypted(certificate: trustme.LeafCert, names: list[str | None]) -> Iterator[str]:
    """A receiver behind TLS, which notes the names that it is asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    context.sni_callback = lambda _socket, name, _context: names.append(name)

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            plain, _ = listening.accept()
            with plain:
                try:
                    with context.wrap_socket(plain, server_side=True) as connection:
                        connection.recv(65536)
                        answered(connection)
                except OSError:  # the client ends the handshake
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"https://localhost:{listening.getsockname()[1]}/"
        thread.join(10)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """A certificate authority that this process trusts."""
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return made


def test_the_certificate_and_the_name_asked_for_are_those_of_the_url(authority):
    names: list[str | None] = []
    with encrypted(authority.issue_cert("localhost"), names) as url:
        said = post(url, {}, "{}", localhost=True, seconds=3.0)

    assert (said.status, names) == (204, ["localhost"])


def test_a_certificate_of_another_name_is_refused(authority):
    with encrypted(authority.issue_cert("other.example.com"), []) as url:
        assert post(url, {}, "{}", localhost=True, seconds=3.0).error == "tls_failed"


def test_a_certificate_that_nobody_trusts_is_refused(authority):
    with encrypted(trustme.CA().issue_cert("localhost"), []) as url:
        assert post(url, {}, "{}", localhost=True, seconds=3.0).error == "tls_failed"
