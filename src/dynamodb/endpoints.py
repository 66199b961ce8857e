"""Where DynamoDB is, by the standard variables: region, partition, FIPS, dual-stack, custom endpoint."""

from __future__ import annotations

from dynamodb.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# Region prefix: DNS suffix, dual-stack DNS suffix. A region of any other prefix is in the partition `aws`.
PARTITIONS = {
    "cn-": ("amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    "us-gov-": ("amazonaws.com", "api.aws"),
    "eusc-de-": ("amazonaws.eu", "api.amazonwebservices.eu"),
    "us-iso-": ("c2s.ic.gov", "api.aws.ic.gov"),
    "us-isob-": ("sc2s.sgov.gov", "api.aws.scloud"),
    "us-isof-": ("csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    "eu-isoe-": ("cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
}
AWS = ("amazonaws.com", "api.aws")
HOST_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-.")
PATH_CHARACTERS = HOST_CHARACTERS | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ_~/")


class Endpoint:
    """`host_header` is the Host as sent and signed; `path` is where every request is posted."""

    __slots__ = ("host", "path", "port", "region", "tls")

    def __init__(self, host: str, region: str, port: int = 443, path: str = "/", *, tls: bool = True) -> None:
        self.host = host
        self.port = port
        self.path = path
        self.region = region
        self.tls = tls

    @property
    def host_header(self) -> str:
        """The host, with the port where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


def resolve(environ: Mapping[str, str]) -> Endpoint:
    """The endpoint that `environ` asks for; ConfigurationError when there is none or it asks for too much."""
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or ""
    if not region:
        raise ConfigurationError("no region: set AWS_REGION")
    if not set(region) <= HOST_CHARACTERS - {"."} or "fips" in region or region.endswith("-global"):
        raise ConfigurationError(f"{region!r} is not the name of a region")
    if environ.get("AWS_ACCOUNT_ID_ENDPOINT_MODE", "").lower() == "required":
        raise ConfigurationError(
            "AWS_ACCOUNT_ID_ENDPOINT_MODE=required is not supported: only regional endpoints are used"
        )
    fips = is_true(environ, "AWS_USE_FIPS_ENDPOINT")
    dual_stack = is_true(environ, "AWS_USE_DUALSTACK_ENDPOINT")
    custom = _custom_url(environ)
    if custom or region == "local":
        if fips or dual_stack:
            raise ConfigurationError("a custom or local endpoint cannot be combined with FIPS or dual-stack")
        return _parsed(custom or "http://localhost:8000", "us-east-1" if region == "local" and not custom else region)
    return Endpoint(_host(region, fips, dual_stack), region)


def is_true(environ: Mapping[str, str], name: str) -> bool:
    """Whether a variable says `true`, in any case, as the AWS SDKs read them."""
    return environ.get(name, "").lower() == "true"


def _custom_url(environ: Mapping[str, str]) -> str:
    if is_true(environ, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"):
        return ""
    return environ.get("AWS_ENDPOINT_URL_DYNAMODB") or environ.get("AWS_ENDPOINT_URL") or ""


def _host(region: str, fips: bool, dual_stack: bool) -> str:
    partition = next((prefix for prefix in PARTITIONS if region.startswith(prefix)), "")
    suffix = PARTITIONS.get(partition, AWS)[dual_stack]
    # The government regions' own endpoints are the FIPS ones, except over dual-stack.
    if fips and (dual_stack or partition != "us-gov-"):
        return f"dynamodb-fips.{region}.{suffix}"
    return f"dynamodb.{region}.{suffix}"


def _parsed(url: str, region: str) -> Endpoint:
    scheme, separator, rest = url.partition("://")
    authority, _, path = rest.partition("/")
    if scheme not in ("http", "https") or not separator:
        raise ConfigurationError("a custom endpoint starts with http:// or https://")
    host, port = host_and_port(authority)
    if not host or not set(host) <= HOST_CHARACTERS | {":"} or not set(path) <= PATH_CHARACTERS:
        raise ConfigurationError("a custom endpoint is scheme, host, port and a plain path, and nothing else")
    tls = scheme == "https"
    return Endpoint(host, region, port or (443 if tls else 80), f"/{path}", tls=tls)


def host_and_port(authority: str) -> tuple[str, int]:
    """`host`, `host:port` or `[address]:port`; the port is 0 where none is given."""
    authority = authority.lower()
    if authority.startswith("["):
        host, _, port = authority[1:].partition("]")
        port = port.removeprefix(":")
    else:
        host, _, port = authority.partition(":")
    if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ConfigurationError("a custom endpoint's port is a number from 1 to 65535")
    return host, int(port or 0)
