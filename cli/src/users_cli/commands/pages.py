"""Pages for people: the console and the documentation."""

from __future__ import annotations

import sys
import webbrowser
from typing import Annotated

import typer

from users_cli import options, profiles
from users_cli.client import Api, is_loopback
from users_cli.failures import NotFound, Refused, WrongUsage
from users_cli.identity import Identity
from users_cli.profiles import Profile

CONSOLE, DOCS = "console", "docs"
LOCAL = {DOCS: "/openapi.json"}  # pages that the local server has
UNKNOWN = "The profile has no address for this page. Add it: users profile add {name} --url {url} --{page} URL"


def open_page(
    page: Annotated[str, typer.Argument(help="console or docs.", metavar="[PAGE]")] = DOCS,
    profile: options.ProfileName = None,
) -> None:
    """Open the console or the documentation in the browser, and print its address.

    The addresses are those of the profile. At a local server, docs is its contract.
    """
    if page not in (CONSOLE, DOCS):
        raise WrongUsage(f"There is no page {page}: open {CONSOLE} or {DOCS}.")
    found = profiles.chosen(profile)
    address = found.pages.get(page) or local_page(found, page)
    if not address:
        raise NotFound(UNKNOWN.format(name=found.name or "NAME", url=found.url, page=page))
    print(address, flush=True)
    if sys.stdout.isatty():  # for people, who have a browser; a program wants the address
        webbrowser.open(address)


def local_page(profile: Profile, page: str) -> str | None:
    """The page of a local server, if it has one."""
    path = LOCAL.get(page)
    if not path or not is_loopback(profile.url):
        return None
    try:
        Api(profile.url, Identity(Profile("", profile.url))).request("GET", path)
    except Refused:
        return None
    return profile.url + path
