"""Commands and replies, from a real Valkey and from servers that are slow, closing, wrong or hostile."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cache.resp import CALL_SECONDS, MAX_IDLE, MAX_LINE, MAX_VALUE, NoReply, Server
from dynamodb.connection import Connector
from tests.support.valkey import Valkey
from tests.unit.dynamodb.certificates import Authority

Play = Callable[[socket.socket], None]
PATIENCE = 2.0  # seconds in which a call surely ends, on a busy machine too


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    with Valkey() as server:
        yield server


def server_at(port: int, login: tuple[str, ...] | None = None, now: Callable[[], float] = time.time) -> Server:
    return Server(Connector("localhost", port, tls=False).open_socket, login, now)


def test_values_numbers_texts_and_nothing_come_back(valkey):
    server = server_at(valkey.port)
    value = b"\r\n$3\r\n\x00\xff" * 100
    assert server.ask(("SET", "a", value), ("GET", "a"), ("GET", "b"), ("DEL", "a", "b")) == [b"OK", value, None, 1]


def test_the_largest_value_comes_back_and_a_larger_one_is_no_reply(valkey):
    server = server_at(valkey.port)
    server.ask(("SET", "large", b"x" * MAX_VALUE), ("SET", "larger", b"x" * (MAX_VALUE + 1)))
    assert server.ask(("GET", "large")) == [b"x" * MAX_VALUE]
    with pytest.raises(NoReply):
        server.ask(("GET", "larger"))
    assert server.ask(("DEL", "large")) == [1]  # over a new connection


@pytest.mark.parametrize("command", [("NO-SUCH",), ("LPUSH", "text", "x"), ("LRANGE", "list", "0", "9")])
def test_an_error_and_a_reply_of_another_kind_are_no_reply(valkey, command):
    server = server_at(valkey.port)
    server.ask(("SET", "text", "x"), ("DEL", "list"), ("LPUSH", "list", "x"))
    with pytest.raises(NoReply):
        server.ask(command)
    assert server.ask(("GET", "text")) == [b"x"]


def test_an_error_is_told_by_its_first_word_because_the_rest_may_quote_what_was_sent(valkey):
    with pytest.raises(NoReply) as caught:
        server_at(valkey.port).ask(("NO-SUCH", "ann@example.com"))
    assert str(caught.value) == "ValueError: the server refused: ERR"


def test_a_password_is_sent_first():
    with Valkey(requirepass="secret") as locked:
        assert server_at(locked.port, ("AUTH", "default", "secret")).ask(("SET", "a", "b")) == [b"OK"]
        for login in (None, ("AUTH", "default", "wrong")):
            with pytest.raises(NoReply):
                server_at(locked.port, login).ask(("GET", "a"))


class Secured:
    """TLS in front of a server, as a cache of AWS has it. The Valkey at hand was built without."""

    def __init__(self, port: int, context: ssl.SSLContext) -> None:
        self.connections = 0
        self._behind = port
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                front = self._context.wrap_socket(self._listener.accept()[0], server_side=True)
            except ssl.SSLError:
                continue
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._relay, args=(front,), daemon=True).start()

    def _relay(self, front: ssl.SSLSocket) -> None:
        """One piece there and all of its reply back, by turns: no reply of these tests has more than one piece."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._behind)) as behind:
            while data := front.recv(65536):
                behind.sendall(data)
                front.sendall(behind.recv(65536))

    def __enter__(self) -> Secured:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()


def test_over_tls_only_a_server_with_a_certificate_that_is_trusted(valkey, tmp_path: Path):
    authority = Authority(tmp_path, "root")
    (tmp_path / "other").mkdir()
    stranger = Authority(tmp_path / "other", "stranger")
    with Secured(valkey.port, authority.server()) as secured:
        trusting = Connector("localhost", secured.port, tls=True, bundle=str(authority.file))
        server = Server(trusting.open_socket)
        server.open(1)
        time.sleep(0.05)  # the session tickets have come
        assert server.ask(("SET", "a", b"x" * 1000), ("GET", "a")) == [b"OK", b"x" * 1000]
        assert server.ask(("DEL", "a")) == [1]
        assert secured.connections == 1
        with pytest.raises(NoReply, match="SSLCertVerificationError"):
            Server(Connector("localhost", secured.port, tls=True, bundle=str(stranger.file)).open_socket).ask(("PING",))


def test_one_connection_serves_call_after_call_and_a_closed_one_is_replaced(valkey):
    server = server_at(valkey.port)
    server.open(1)
    first = server.ask(("CLIENT", "ID"))
    assert server.ask(("CLIENT", "ID")) == first
    valkey.say("CLIENT", "KILL", "TYPE", "normal")
    time.sleep(0.05)
    assert server.ask(("CLIENT", "ID")) != first


def test_a_connection_that_was_idle_for_long_is_not_used_again(valkey):
    now = [1000.0]
    server = server_at(valkey.port, now=lambda: now[0])
    first = server.ask(("CLIENT", "ID"))
    now[0] += MAX_IDLE + 1
    assert server.ask(("CLIENT", "ID")) != first


def test_threads_share_a_server(valkey):
    server, wrong = server_at(valkey.port), []

    def work(name: str) -> None:
        for number in range(100):
            value = f"{name}-{number}".encode()
            if server.ask(("SET", name, value), ("GET", name)) != [b"OK", value]:
                wrong.append(name)

    threads = [threading.Thread(target=work, args=(f"thread{it}",)) for it in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


class Hostile:
    """A server that plays the same on each connection, after the first bytes came."""

    def __init__(self, play: Play) -> None:
        self.connections = 0
        self._play = play
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._one, args=(sock,), daemon=True).start()

    def _one(self, sock: socket.socket) -> None:
        try:
            sock.recv(65536)
            self._play(sock)
        except OSError:
            pass
        finally:
            sock.close()

    def __enter__(self) -> Hostile:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()


def says(data: bytes) -> Play:
    """Sends this, and stays for a while."""

    def play(sock: socket.socket) -> None:
        sock.sendall(data)
        time.sleep(0.5)

    return play


def drips(sock: socket.socket) -> None:
    """A byte at a time, each in time, for ever."""
    while True:
        sock.sendall(b"+")
        time.sleep(CALL_SECONDS / 5)


def floods(sock: socket.socket) -> None:
    """A line without an end."""
    while True:
        sock.sendall(b"+" + b"x" * 4096)


HOSTILE: dict[str, Play] = {
    "says nothing": lambda sock: time.sleep(0.5),
    "closes": lambda sock: None,
    "drips": drips,
    "floods": floods,
    "speaks HTTP": says(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "truncates a value": says(b"$10\r\nabc"),
    "closes in a value": lambda sock: sock.sendall(b"$10\r\nabc"),
    "has a value of another length": says(b"$2\r\nabc\r\n"),
    "has a value too large": says(b"$%d\r\n" % (MAX_VALUE + 1)),
    "has a negative length": says(b"$-2\r\n"),
    "has no length": says(b"$\r\n"),
    "has a length with an underscore": says(b"$1_0\r\n"),
    "has a length with a sign": says(b"$+1\r\na\r\n"),
    "has a huge number": says(b":" + b"9" * 400 + b"\r\n"),
    "has a long line": says(b"+" + b"x" * (MAX_LINE + 1)),
    "replies with a list": says(b"*1\r\n$1\r\na\r\n"),
    "replies with a map": says(b"%1\r\n+a\r\n+b\r\n"),
    "replies twice": says(b"+OK\r\n+OK\r\n"),
    "refuses": says(b"-OOM command not allowed\r\n"),
    "replies with nothing at all": says(b"\r\n"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_server_is_no_reply_in_time(name):
    with Hostile(HOSTILE[name]) as hostile:
        server, began = server_at(hostile.port), time.monotonic()
        with pytest.raises(NoReply):
            server.ask(("GET", "a"))
        assert time.monotonic() - began < PATIENCE
        assert hostile.connections == 1  # a new connection was not worth another


def test_what_comes_unasked_ends_a_kept_connection():
    """Its next reply would be the answer to another question."""

    def play(sock: socket.socket) -> None:
        sock.sendall(b"+mine\r\n")
        time.sleep(0.02)
        sock.sendall(b"+of somebody else\r\n")
        time.sleep(0.5)

    with Hostile(play) as hostile:
        server = server_at(hostile.port)
        assert server.ask(("GET", "a")) == [b"mine"]
        time.sleep(0.1)
        assert server.ask(("GET", "b")) == [b"mine"]
        assert hostile.connections == 2


def test_nobody_there_is_no_reply_at_once():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NoReply, match="ConnectionRefusedError"):
        server_at(port).ask(("GET", "a"))
