"""Where a delivery may go: the rules of a URL, and of the addresses that its name resolves to.

A receiver is named by a domain. A URL with an address in it, in whatever spelling, is refused: then only the resolver
makes addresses, and each of them is checked. The connection goes to an address that was checked, so a name that
changes its addresses in between (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import urlsplit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from utils.validation import Reason

LONGEST = 2048
PORTS = (443, 8443)
LOCALHOST = "localhost"
# Printable ASCII, without what a browser or a library might read in another way.
_URL = r"[!#-;=?-\[\]_a-z~]+"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# The last label has a letter first, so no spelling of an address in numbers is a name.
_NAME = rf"(?:{_LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]"

# IANA's registries of special-purpose addresses, and multicast, are not the public internet:
# https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry
_NOT_PUBLIC_4 = tuple(map(IPv4Network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
)))  # fmt: skip
# Only 2000::/3 is public at all. That leaves out loopback, link-local, unique local and multicast addresses, mapped
# IPv4 addresses and those of NAT64.
_PUBLIC_6 = tuple(map(IPv6Network, ("2000::/3",)))
_NOT_PUBLIC_6 = tuple(map(IPv6Network, (
    "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
)))  # fmt: skip


class Target:
    """A receiver: whether its connection is encrypted, its host and port, and the path with the query."""

    __slots__ = ("host", "path", "port", "secure")

    def __init__(self, secure: bool, host: str, port: int, path: str) -> None:
        self.secure, self.host, self.port, self.path = secure, host, port, path

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        return self.host if self.port == (443 if self.secure else 80) else f"{self.host}:{self.port}"


class Refused(Exception):
    """A URL or an address that deliveries do not go to; the text says why."""


def target(url: str, localhost: bool) -> Target:
    """The receiver in a URL; with `localhost`, http://localhost is one too. Raises Refused."""
    if not re.fullmatch(_URL, url) or len(url) > LONGEST:
        raise Refused(f"must be a URL of at most {LONGEST} printable ASCII characters.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused("must be a URL with a host name.") from None
    host = (parts.hostname or "").lower()
    if "@" in parts.netloc or "#" in url:
        raise Refused("must have no user name, password or fragment.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if localhost and host == LOCALHOST and parts.scheme in ("http", "https"):
        return Target(parts.scheme == "https", host, port or (443 if parts.scheme == "https" else 80), path)
    _check(parts.scheme, host, port)
    return Target(True, host, port or 443, path)


def _check(scheme: str, host: str, port: int | None) -> None:
    if scheme != "https":
        raise Refused("must start with https://.")
    if len(host) > 253 or not re.fullmatch(_NAME, host):
        raise Refused("must name a host by its domain, not by an address.")
    if port not in (None, *PORTS):
        raise Refused(f"must use port {' or '.join(map(str, PORTS))}.")


def reason_against(url: object, localhost: bool) -> Reason | None:
    """The reason against a URL as the value of a field."""
    if not isinstance(url, str):
        return "invalid_type", "must be a string."
    try:
        target(url, localhost)
    except Refused as error:
        return "invalid_url", str(error)
    return None


def check_addresses(host: str, addresses: list[str], localhost: bool) -> None:
    """Check all addresses of a name, because the resolver chooses their order. Raises Refused."""
    allowed = is_loopback if localhost and host == LOCALHOST else is_public
    if not addresses or not all(map(allowed, addresses)):
        raise Refused("the name has an address that is not public")


def is_loopback(text: str) -> bool:
    """Whether an address is one of this machine."""
    return ip_address(text).is_loopback


def is_public(text: str) -> bool:
    """Whether an address belongs to one host of the public internet."""
    if "%" in text:  # a zone: such an address has a meaning on one link only
        return False
    address = ip_address(text)
    if address.version == 4:
        return not any(address in network for network in _NOT_PUBLIC_4)
    public = any(address in network for network in _PUBLIC_6)
    return public and not any(address in network for network in _NOT_PUBLIC_6)
