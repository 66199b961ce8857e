"""The requests that a server on this machine accepts: none that a web page elsewhere makes a browser send.

A browser sends the requests of each page to each address, and to this machine too. A page can also make its own name
resolve to 127.0.0.1 (DNS rebinding). Therefore the host decides first, and then the page: its origin, or Sec-Fetch-Site
if the browser sends no origin. A page cannot change these headers. Programs that are not browsers send only Host.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address

NAME = r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?"
AUTHORITY = re.compile(rf"({NAME}|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")
ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://([^/?#@]+)", re.IGNORECASE)
READ = frozenset({"host", "origin", "referer", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"})
OWN_SITES = frozenset({"same-origin", "none"})  # values of Sec-Fetch-Site: a page of this server, or no page
SHOWN = 80  # characters of a value in a sentence
Headers = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Allowed:
    """The hosts and origins that are allowed besides loopback. A host with a dot in front allows all below it."""

    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()

    def refusal(self, headers: Headers, *, navigable: bool = False, any_page: bool = False) -> str:
        """Why a request is refused, as a sentence that says how to allow it; empty if it is accepted.

        `navigable`: a link on a page elsewhere may lead here, because opening the address changes nothing.
        `any_page`: the page does not matter.
        """
        found: dict[str, list[str]] = {}
        for name, value in headers:
            if (low := name.lower()) in READ:
                found.setdefault(low, []).append(value.strip())
        bad_host = self.bad_host(found.get("host", []))
        return bad_host if bad_host or any_page else self.bad_page(found, navigable=navigable)

    def and_origin(self, origin: str) -> Allowed:
        """The same with one more origin."""
        return replace(self, origins=self.origins | {origin.lower()}) if is_origin(origin) else self

    def bad_host(self, hosts: list[str]) -> str:
        """The sentence about a Host header."""
        for host in hosts:
            if not self.host(host):
                return (
                    f"The host {shown(host)} is not allowed. This local server answers to localhost, *.localhost, "
                    f'127.0.0.0/8 and [::1]. To allow another name, start it with HOSTS="name".'
                )
        return "The request has several Host headers. Send one." if len(hosts) > 1 else ""

    def bad_page(self, found: dict[str, list[str]], *, navigable: bool) -> str:
        """The sentence about the page that sent a request."""
        for origin in found.get("origin", []):
            if not self.origin(origin):
                return (
                    f"Pages of the origin {shown(origin)} may not use this local server, because it is not on this "
                    f'machine. To allow it, start the server with ORIGINS="scheme://host:port".'
                )
        sites = found.get("sec-fetch-site", [])
        if "origin" in found or (OWN_SITES.issuperset(sites) and (sites or not found.get("referer"))):
            return ""
        if any(map(self.page, found.get("referer", []))) or (navigable and opened(found)):
            return ""
        return (
            "A page of another site may not use this local server, and a browser says that one sent this request. "
            'To allow its origin, start the server with ORIGINS="scheme://host:port".'
        )

    def host(self, authority: str) -> bool:
        """Whether a host, with or without a port, is this machine or is allowed."""
        name = name_of(authority)
        return is_loopback(name) or name in self.hosts or any(name.endswith(it) for it in self.hosts if it[:1] == ".")

    def origin(self, origin: str) -> bool:
        """Whether the pages of an origin may send requests. `null` can be any page, so it may not."""
        whole = ORIGIN.fullmatch(origin)
        if whole is None:
            return False
        return origin.lower() in self.origins or (whole[1].lower() in ("http", "https") and self.host(whole[2]))

    def page(self, url: str) -> bool:
        """The same by the address of a page."""
        whole = ORIGIN.match(url)
        return whole is not None and self.origin(whole[0])


def opened(found: dict[str, list[str]]) -> bool:
    """Whether a browser opens the address as a new page, as it does for a link."""
    return found.get("sec-fetch-mode") == ["navigate"] and found.get("sec-fetch-dest") == ["document"]


@lru_cache(maxsize=256)
def name_of(authority: str) -> str:
    """A host's name in lower case, without its port and a final dot; empty if it is not a name or an address."""
    whole = AUTHORITY.fullmatch(authority)
    return whole[1].lower().removesuffix(".") if whole else ""


@lru_cache(maxsize=256)
def is_loopback(name: str) -> bool:
    """Whether a name leads to this machine, whatever DNS says, as browsers write such names."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        if name.startswith("["):
            return IPv6Address(name[1:-1]) == IPv6Address(1)
        return IPv4Address(name).is_loopback
    except AddressValueError:
        return False


def is_name(name: str) -> bool:
    """Whether a text can be one of `Allowed.hosts`."""
    return re.fullmatch(rf"\.?{NAME}|\[[0-9A-Fa-f:.]+\]", name) is not None


def is_origin(text: str) -> bool:
    """Whether a text can be one of `Allowed.origins`."""
    return ORIGIN.fullmatch(text) is not None


def shown(value: str) -> str:
    """A value from outside, safe on a terminal."""
    return ascii(value[:SHOWN])
