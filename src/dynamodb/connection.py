"""One HTTP/1.1 connection at a time: TCP, TLS with verified roots, bounded reads, nothing guessed."""

from __future__ import annotations

import select
import socket
import threading
from functools import partial

from dynamodb.errors import NoResponse
from utils.deadline import Deadline

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl

    Answer = tuple[int, dict[str, str], bytes]

CONNECT_TIMEOUT = 1.0  # seconds, name look-up and TLS handshake included
READ_TIMEOUT = 2.0  # seconds, from the first byte sent to the last byte read
MAX_HEAD = 32 * 1024
MAX_BODY = 16 * 1024 * 1024  # DynamoDB's largest answer, that of BatchGetItem
MAX_INTERIM = 4  # answers of status 1xx before the real one
CHUNK = 64 * 1024

# One file for each root, named by OpenSSL's hash of its subject: only the one that is needed is read.
ROOTS = f"{__file__.rpartition('/')[0]}/roots"
UNKNOWN_ISSUER = frozenset({2, 18, 19, 20, 21})  # OpenSSL's verify codes for a chain that ends in no known root


class Connector:
    """Opens connections to one host. TLS trusts `bundle` alone, or else the Amazon roots kept beside this file and,
    for a certificate they did not issue, the platform's own set from then on.
    """

    def __init__(self, host: str, port: int, *, tls: bool, bundle: str = "") -> None:
        self._host = host.encode("ascii")  # a str would load the idna codec
        self._port = port
        self._tls = tls
        self._bundle = bundle
        self._context: ssl.SSLContext | None = None

    def connect(self, timeout: float) -> Connection:
        """A new connection within the lesser of `timeout` and CONNECT_TIMEOUT; else NoResponse (nothing sent)."""
        until = Deadline(min(timeout, CONNECT_TIMEOUT))
        try:
            return Connection(self._secured(until) if self._tls else self._reached(until))
        except (OSError, ValueError) as error:
            where = f"{self._host.decode()}:{self._port}"
            raise NoResponse(f"cannot connect to {where}: {type(error).__name__}: {error}", sent=False) from error

    def open_socket(self, timeout: float) -> socket.socket:
        """A new socket for another protocol than HTTP, within `timeout` seconds. Raises OSError or ValueError."""
        until = Deadline(timeout)
        return self._secured(until) if self._tls else self._reached(until)

    def _reached(self, until: Deadline) -> socket.socket:
        failure: OSError = TimeoutError("timed out")
        for family, kind, protocol, _, address in look_up(self._host, self._port, until.remaining()):
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(max(until.remaining(), 0.001))
                sock.connect(address)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                sock.close()
                failure = error
            else:
                return sock
        raise failure

    def _secured(self, until: Deadline) -> ssl.SSLSocket:
        import ssl

        if self._context is None:
            self._context = trusting(self._bundle)
        try:
            return self._handshake(self._context, until)
        except ssl.SSLCertVerificationError as error:
            if self._bundle or error.verify_code not in UNKNOWN_ISSUER:
                raise
        self._context = trusting_platform()
        return self._handshake(self._context, until)

    def _handshake(self, context: ssl.SSLContext, until: Deadline) -> ssl.SSLSocket:
        sock = self._reached(until)
        try:
            sock.settimeout(max(until.remaining(), 0.001))
            return context.wrap_socket(sock, server_hostname=self._host)
        except BaseException:
            sock.close()
            raise


def look_up(host: bytes, port: int, timeout: float) -> list[tuple[int, int, int, str, tuple[str, int]]]:
    """The host's addresses. The system's lookup has no timeout, so it is abandoned when it takes too long."""
    found: list[tuple[int, int, int, str, tuple[str, int]]] = []
    failed: list[OSError] = []

    def ask() -> None:
        try:
            found.extend(socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM))  # type: ignore[arg-type]
        except OSError as error:
            failed.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(timeout)
    if failed:
        raise failed[0]
    if not found:
        raise TimeoutError("the DNS lookup timed out")
    return found


def trusting(bundle: str) -> ssl.SSLContext:
    """A context that trusts `bundle`, or the Amazon roots when there is none named."""
    context = _context()
    context.load_verify_locations(cafile=bundle or None, capath=None if bundle else ROOTS)
    return context


def trusting_platform() -> ssl.SSLContext:
    """A context that trusts what the platform does."""
    context = _context()
    context.load_default_certs()
    return context


def _context() -> ssl.SSLContext:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies the chain and the host name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


class Connection:
    """Carries one request after another. Once `reusable` is False it has closed itself."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._buffer = b""
        self._used = False
        self._heard = False
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        self.reusable = True
        self.idle_since = 0.0

    def close(self) -> None:
        """Close for good."""
        self.reusable = False
        self._socket.close()

    def alive(self) -> bool:
        """Whether the idle connection still stands as far as this side can tell; closes it if not."""
        if self._poll.poll(0) and not self._only_tickets():
            self.close()
        return self.reusable

    def _only_tickets(self) -> bool:
        """TLS 1.3 sends session tickets after the handshake; all else an idle connection receives is its end."""
        try:
            self._socket.settimeout(0)
            self._socket.recv(1)
        except OSError as error:
            return type(error).__name__ == "SSLWantReadError"
        return False

    def exchange(self, request: bytes, timeout: float) -> Answer:
        """Send `request` and read its answer within the lesser of `timeout` and READ_TIMEOUT."""
        kept, self._used = self._used, True
        until = Deadline(min(timeout, READ_TIMEOUT))
        sent = self._heard = False
        try:
            self._socket.settimeout(until.remaining())
            self._socket.sendall(request)
            sent = True
            answer = self._answer(until)
        except (OSError, ValueError) as error:
            # A request that was not sent whole cannot take effect: its signature covers the whole body.
            stale = kept and not self._heard and not isinstance(error, TimeoutError)
            self.close()
            raise NoResponse(f"{type(error).__name__}: {error}", sent=sent, stale=stale) from error
        if self._buffer:
            self.close()  # more than one answer to one question
        return answer

    def _answer(self, until: Deadline) -> Answer:
        for _ in range(MAX_INTERIM + 1):
            status, headers = self._head(until)
            if status >= 200:
                break
        else:
            raise ValueError("too many interim responses")
        body = self._body(headers, until)
        if "close" in headers.get("connection", "").lower():
            self.close()
        return status, headers, body

    def _head(self, until: Deadline) -> tuple[int, dict[str, str]]:
        head = self._read_until(b"\r\n\r\n", MAX_HEAD, until)
        lines = head.decode("latin-1").split("\r\n")
        version, _, rest = lines[0].partition(" ")
        code = rest[:3]
        if version != "HTTP/1.1" or not (code.isascii() and code.isdigit()) or rest[3:4] not in ("", " "):
            raise ValueError("not an HTTP/1.1 response")
        return int(code), _headers(lines[1:])

    def _body(self, headers: dict[str, str], until: Deadline) -> bytes:
        if headers.get("content-encoding", "identity") != "identity":
            raise ValueError("an encoded response that was not requested")
        length = headers.get("content-length")
        coding = headers.get("transfer-encoding")
        if length is not None and coding is None:
            return self._read(size_of(length, 10, MAX_BODY), until)
        if coding is not None and length is None and coding.lower() == "chunked":
            from dynamodb.chunked import read_chunks

            read, line = partial(self._read, until=until), partial(self._line, until=until)
            return read_chunks(read, line, size_of, MAX_BODY)
        raise ValueError("the response has more than one length")

    def _line(self, until: Deadline) -> bytes:
        return self._read_until(b"\r\n", 1024, until)

    def _read_until(self, end: bytes, limit: int, until: Deadline) -> bytes:
        while (at := self._buffer.find(end)) < 0:
            if len(self._buffer) > limit:
                break
            self._receive(until)
        if not 0 <= at <= limit:
            raise ValueError("the response head is too large")
        line, self._buffer = self._buffer[:at], self._buffer[at + len(end) :]
        return line

    def _read(self, size: int, until: Deadline) -> bytes:
        if size <= len(self._buffer):
            data, self._buffer = self._buffer[:size], self._buffer[size:]
            return data
        parts, missing = [self._buffer], size - len(self._buffer)
        while missing > 0:
            self._buffer = b""
            self._receive(until)
            parts.append(self._buffer[:missing])
            self._buffer = self._buffer[missing:]
            missing -= len(parts[-1])
        return b"".join(parts)

    def _receive(self, until: Deadline) -> None:
        left = until.remaining()
        if left <= 0:
            raise TimeoutError("timed out")
        self._socket.settimeout(left)
        data = self._socket.recv(CHUNK)
        if not data:
            raise ConnectionError("the connection closed before the response was complete")
        self._heard = True
        self._buffer += data


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or " " in name or "\t" in name or "\n" in line or "\r" in line:
            raise ValueError("a malformed header")
        name = name.lower()
        value = value.strip(" \t")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def size_of(text: str, base: int, limit: int) -> int:
    """A length written in digits of `base` and nothing else. ValueError for any other text or beyond the limit."""
    digits = "0123456789abcdefABCDEF" if base == 16 else "0123456789"
    if not text or text.strip(digits):
        raise ValueError("a malformed length")
    if len(text) > 15 or int(text, base) > limit:
        raise ValueError("the response is too large")
    return int(text, base)
