"""The proxies in the environment: requests to the internet use them, requests to this machine do not."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping

LOOPBACK = ("localhost", "127.0.0.1", "::1")  # localhost includes every name below it
EXCEPTIONS = ("no_proxy", "NO_PROXY")  # programs read one or the other
ALL = "*"  # as the whole value: no request uses a proxy


def of_proxies(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that say which proxy to use and when, in any case: http_proxy, ALL_PROXY, no_proxy, ..."""
    return {name: value for name, value in environ.items() if name.lower().endswith("_proxy")}


def spare_loopback(environ: MutableMapping[str, str]) -> None:
    """Except this machine from the proxies, for this process and those that it starts.

    An environment without proxies stays as it is: a mere exception would turn off the proxies of macOS's settings.
    """
    found = of_proxies(environ)
    if not any(value for name, value in found.items() if name.lower() not in EXCEPTIONS):
        return
    excepted = found.get("no_proxy") or next((value for name, value in found.items() if name.lower() in EXCEPTIONS), "")
    names = [name.strip() for name in excepted.split(",") if name.strip()]
    spared = ALL if ALL in names else ",".join(dict.fromkeys([*LOOPBACK, *names]))
    environ.update(dict.fromkeys(EXCEPTIONS, spared))
