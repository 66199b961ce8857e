"""Profiles: several APIs, and the one that counts now."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import typer

from users_cli import options, output, profiles, vault
from users_cli.failures import WrongUsage
from users_cli.profiles import Profile

app = typer.Typer(help="Add, choose and remove profiles: an API, and who you are there.", no_args_is_help=True)
Name = Annotated[
    str, typer.Argument(help="The name of the profile.", metavar="NAME", autocompletion=options.known_profiles)
]
STORES = (profiles.KEYRING, profiles.FILE)


@app.command("add")
def add(
    name: Name,
    url: Annotated[str, typer.Option("--url", help="The URL of the API, with its stage.", metavar="URL")],
    store: Annotated[
        str, typer.Option("--store", help="Where secrets are kept: keyring, or file for one that only you can read.")
    ] = profiles.KEYRING,
    console: Annotated[str | None, typer.Option("--console", help="The URL of a console.", metavar="URL")] = None,
    docs: Annotated[str | None, typer.Option("--docs", help="The URL of the documentation.", metavar="URL")] = None,
) -> None:
    """Add a profile, or change one. A profile with another URL loses its secrets, and must sign in again."""
    if store not in STORES:
        raise WrongUsage(f"--store is {' or '.join(STORES)}.")
    pages = {"console": console, "docs": docs}
    given = {name: profiles.checked_url(it) for name, it in pages.items() if it}
    made = Profile(name, profiles.checked_url(url), store, pages=given)
    before = profiles.every().get(name)
    if before and (before.url, before.store) != (made.url, made.store):
        vault.forget(before)
    elif before:
        made = replace(made, sign_in=before.sign_in, pages={**before.pages, **given})
    profiles.save(made)
    output.say(f"The profile {name} is {made.url}. Sign in with users login --profile {name}, if the API asks for it.")


@app.command("list")
def list_profiles(as_json: options.Json = False) -> None:
    """List the profiles. The one with a star counts now."""
    chosen = profiles.chosen(None).name
    known = profiles.every()
    if not known:
        known = {profiles.DEFAULT: Profile(profiles.DEFAULT)}
    found = [as_row(profile, chosen) for profile in known.values()]
    if as_json:
        for row in found:
            output.line(row)
    else:
        starred = [{**row, "current": "*" if row["current"] else ""} for row in found]
        output.rows(["current", "name", "url", "signIn", "store"], starred)


def as_row(profile: Profile, chosen: str) -> dict[str, Any]:
    """A profile as it is shown: without secrets."""
    kind = profile.sign_in.kind if profile.sign_in else ""
    shown = {"name": profile.name, "url": profile.url, "signIn": kind, "store": profile.store}
    return {"current": profile.name == chosen, **shown}


@app.command("use")
def use(name: Name) -> None:
    """Choose the profile that counts from now on."""
    profiles.use(name)


@app.command("remove")
def remove(name: Name) -> None:
    """Remove a profile and its secrets."""
    if found := profiles.every().get(name):
        vault.forget(found)
    profiles.remove(name)
