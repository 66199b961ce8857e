"""Commands to a Valkey server, in its protocol RESP2. Every failure is NoReply, within the time that was given.

Only the replies that the cache uses are read: texts, integers, values, and errors, which are NoReply too. After
anything else the connection is closed, because nobody knows what its next bytes belong to.
"""

from __future__ import annotations

import time

from utils.deadline import Deadline

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    Command = Sequence[str | bytes]
    Reply = bytes | int | None  # a text or value, an integer, no value
    Connect = Callable[[float], socket.socket]

CONNECT_SECONDS = 0.1  # with the name look-up and the TLS handshake.
CALL_SECONDS = 0.05  # from the first byte sent to the last byte read.
MAX_VALUE = 64 * 1024  # bytes of one value
MAX_LINE = 512  # bytes of one line: a text, a number, an error
MAX_IDLE = 300.0  # seconds; what is between forgets a silent connection after 350
MAX_KEPT = 32
CHUNK = 16 * 1024


class NoReply(Exception):
    """No usable reply came in time. The commands may have been carried out. `dead`: the connection was closed."""

    def __init__(self, message: str, *, dead: bool = False) -> None:
        super().__init__(message)
        self.dead = dead


class Server:
    """One server, which `connect(seconds)` opens a connection to. Threads share it: each takes an idle connection.

    `login` is sent first on each connection, such as ("AUTH", "name", "password"); without it nothing is.
    """

    def __init__(self, connect: Connect, login: Command | None = None, now: Callable[[], float] = time.time) -> None:
        self._connect = connect
        self._login = login
        self._now = now
        self._idle: list[Connection] = []

    def open(self, seconds: float) -> None:
        """Have a connection at hand for the first command. Raises NoReply."""
        self._keep(self._connected(seconds))

    def ask(self, *commands: Command) -> list[Reply]:
        """The replies to the commands, in their order. Raises NoReply.

        A connection that turns out to be closed is replaced once. A command may therefore be carried out twice.
        """
        kept = self._kept()
        if kept:
            try:
                return self._asked(kept, commands)
            except NoReply as error:
                if not error.dead:
                    raise
        return self._asked(self._connected(CONNECT_SECONDS), commands)

    def _asked(self, connection: Connection, commands: Sequence[Command]) -> list[Reply]:
        replies = connection.exchange(commands, CALL_SECONDS)
        self._keep(connection)
        return replies

    def _connected(self, seconds: float) -> Connection:
        try:
            connection = Connection(self._connect(seconds))
        except (OSError, ValueError) as error:
            raise NoReply(f"cannot connect: {type(error).__name__}") from error
        if self._login:
            connection.exchange([self._login], max(seconds, CALL_SECONDS))
        return connection

    def _kept(self) -> Connection | None:
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread was faster
                return None
            if self._now() - connection.idle_since <= MAX_IDLE and connection.silent():
                return connection
            connection.close()
        return None

    def _keep(self, connection: Connection) -> None:
        connection.idle_since = self._now()
        self._idle.append(connection)
        if len(self._idle) > MAX_KEPT:
            self._idle.pop(0).close()


class Connection:
    """One connection, on which one exchange follows the other."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._buffer = b""
        self.idle_since = 0.0

    def silent(self) -> bool:
        """Whether it is open, and nothing came that nobody asked for but the session tickets of TLS 1.3."""
        try:
            self._socket.settimeout(0)
            self._socket.recv(1)
        except OSError as error:
            return isinstance(error, BlockingIOError) or type(error).__name__ == "SSLWantReadError"
        return False

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()

    def exchange(self, commands: Sequence[Command], seconds: float) -> list[Reply]:
        """The replies to the commands. Raises NoReply, and the connection is closed then."""
        until = Deadline(seconds)
        try:
            self._socket.settimeout(seconds)
            self._socket.sendall(b"".join([_encoded(command) for command in commands]))
            replies = [self._reply(until) for _ in commands]
            self._check_read()
        except (OSError, ValueError) as error:
            self.close()
            dead = isinstance(error, ConnectionError)
            raise NoReply(f"{type(error).__name__}: {error}", dead=dead) from error
        return replies

    def _check_read(self) -> None:
        if self._buffer:
            raise ValueError("more came than was asked for")

    def _reply(self, until: Deadline) -> Reply:
        line = self._line(until)
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest
        if kind == b":":
            return _number(rest)
        if kind == b"$":
            size = _number(rest)
            return None if size == -1 else self._value(size, until)
        if kind == b"-":
            raise ValueError(f"the server refused: {_code(rest)}")
        raise ValueError("a reply of another kind")

    def _value(self, size: int, until: Deadline) -> bytes:
        if not 0 <= size <= MAX_VALUE:
            raise ValueError("a value of this size is not ours")
        while len(self._buffer) < size + 2:
            self._receive(until)
        value, end, self._buffer = self._buffer[:size], self._buffer[size : size + 2], self._buffer[size + 2 :]
        if end != b"\r\n":
            raise ValueError("a value does not end where it should")
        return value

    def _line(self, until: Deadline) -> bytes:
        while b"\r\n" not in self._buffer[: MAX_LINE + 2]:
            if len(self._buffer) > MAX_LINE:
                raise ValueError("a line is too long")
            self._receive(until)
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def _receive(self, until: Deadline) -> None:
        left = until.remaining()
        if left <= 0:
            raise TimeoutError("timed out")
        self._socket.settimeout(left)
        data = self._socket.recv(CHUNK)
        if not data:
            raise ConnectionError("the connection closed before the reply was complete")
        self._buffer += data


def _encoded(command: Command) -> bytes:
    parts = [word if isinstance(word, bytes) else word.encode() for word in command]
    return b"*%d\r\n" % len(parts) + b"".join([b"$%d\r\n%b\r\n" % (len(part), part) for part in parts])


def _code(error: bytes) -> str:
    """The first word of an error. The rest may quote what was sent, which is personal data."""
    word = error.split(b" ")[0][:32].decode("ascii", "replace")
    return word if word.isalpha() else "?"


def _number(text: bytes) -> int:
    """An integer in digits. ValueError for anything else, such as a sign or spaces where int() takes them."""
    digits = text[1:] if text[:1] == b"-" else text
    if not digits.isdigit() or len(digits) > 18:
        raise ValueError("a malformed number")
    return int(text)
