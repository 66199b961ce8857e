"""DynamoDB over our own kept-alive connections: signs each request, sends it once, returns the response."""

from __future__ import annotations

import time

from dynamodb import endpoints
from dynamodb.connection import Connector
from dynamodb.errors import ConfigurationError, NoResponse
from dynamodb.signing import Credentials, Signer
from utils.deadline import Deadline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dynamodb.connection import Answer, Connection
    from dynamodb.endpoints import Endpoint

    CredentialSource = Callable[[float], Credentials]

MAX_IDLE = 300.0  # seconds; NAT and load balancers forget a silent connection after 350
MAX_KEPT = 32


class HttpTransport:
    """Safe to share between threads: each takes an idle connection, or opens one."""

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: CredentialSource,
        bundle: str = "",
        now: Callable[[], float] = time.time,
    ) -> None:
        self._endpoint = endpoint
        self._host = endpoint.host_header
        self._credentials = credentials
        self._signer = Signer(endpoint.region)
        self._connector = Connector(endpoint.host, endpoint.port, tls=endpoint.tls, bundle=bundle)
        self._now = now
        self._idle: list[Connection] = []

    def open(self, timeout: float) -> None:
        """Have a connection and credentials at hand for the first request; what fails now is tried again then."""
        try:
            self._keep(self._connector.connect(timeout))
            self._credentials(timeout)
        except NoResponse:
            pass

    def send(self, operation: str, body: bytes, timeout: float) -> Answer:
        """One request, once, within `timeout` seconds."""
        until = Deadline(timeout)
        credentials = self._credentials(timeout)
        connection = self._kept() or self._connector.connect(until.remaining())
        answer = connection.exchange(self.request(operation, body, credentials), until.remaining())
        if connection.reusable:
            self._keep(connection)
        return answer

    def request(self, operation: str, body: bytes, credentials: Credentials) -> bytes:
        """The whole HTTP request, signed at this moment."""
        timestamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._now()))
        headers = {
            "content-type": "application/x-amz-json-1.0",
            "host": self._host,
            "x-amz-date": timestamp,
            "x-amz-target": f"DynamoDB_20120810.{operation}",
        }
        if credentials.token:
            headers["x-amz-security-token"] = credentials.token
        path = self._endpoint.path
        authorization = self._signer.authorization("POST", path, headers, body, credentials, timestamp)
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        return (
            f"POST {path} HTTP/1.1\r\n{lines}authorization: {authorization}\r\n"
            f"accept-encoding: identity\r\ncontent-length: {len(body)}\r\n\r\n"
        ).encode("latin-1") + body

    def _kept(self) -> Connection | None:
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread was faster
                return None
            if self._now() - connection.idle_since > MAX_IDLE:
                connection.close()
            elif connection.alive():
                return connection
        return None

    def _keep(self, connection: Connection) -> None:
        connection.idle_since = self._now()
        self._idle.append(connection)
        if len(self._idle) > MAX_KEPT:
            self._idle.pop(0).close()


def from_environment(environ: Mapping[str, str]) -> HttpTransport:
    """A transport set up by the standard variables; ConfigurationError for what it cannot do."""
    endpoint = endpoints.resolve(environ)
    _refuse_proxy(environ, endpoint)
    bundle = environ.get("AWS_CA_BUNDLE") or environ.get("REQUESTS_CA_BUNDLE") or ""
    return HttpTransport(endpoint, credential_source(environ), bundle)


def credential_source(environ: Mapping[str, str]) -> CredentialSource:
    """The credentials that `environ` gives or says where to get."""
    access_key = environ.get("AWS_ACCESS_KEY_ID", "")
    if not access_key:
        from dynamodb import container_credentials

        return container_credentials.from_environment(environ)
    secret_key = environ.get("AWS_SECRET_ACCESS_KEY", "")
    if not secret_key:
        raise ConfigurationError("AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not")
    token = environ.get("AWS_SECURITY_TOKEN") or environ.get("AWS_SESSION_TOKEN") or ""
    credentials = Credentials(access_key, secret_key, token)
    return lambda _: credentials


def _refuse_proxy(environ: Mapping[str, str], endpoint: Endpoint) -> None:
    name = "https_proxy" if endpoint.tls else "http_proxy"
    if not any(environ.get(word) for word in (name, name.upper(), "all_proxy", "ALL_PROXY")):
        return
    excepted = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    for suffix in excepted.replace(" ", "").lower().split(","):
        bare = suffix.lstrip(".")
        if bare and (bare in ("*", endpoint.host) or endpoint.host.endswith(f".{bare}")):
            return
    raise ConfigurationError(
        f"{name.upper()} is set and NO_PROXY does not name {endpoint.host}: this needs DYNAMODB_CLIENT=boto3"
    )
