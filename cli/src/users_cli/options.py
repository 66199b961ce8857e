"""Options that several commands have, and the API that they choose."""

from __future__ import annotations

from typing import Annotated

import typer

from users_cli import profiles
from users_cli.client import Api
from users_cli.identity import Identity


def known_profiles(incomplete: str) -> list[str]:
    """The names of profiles, for the completion of a shell."""
    return [name for name in profiles.every() if name.startswith(incomplete)]


ProfileName = Annotated[
    str | None,
    typer.Option("--profile", "-p", help="The profile to use.", metavar="NAME", autocompletion=known_profiles),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Id = Annotated[str, typer.Argument(help="The id of the user, or `me` for your own user.", metavar="ID")]
IfMatch = Annotated[
    str | None,
    typer.Option("--if-match", help="Only if the user still has this tag, which `get --json` prints.", metavar="TAG"),
]
Limit = Annotated[int, typer.Option("--limit", help="How many to show.", min=1, metavar="N")]
All = Annotated[bool, typer.Option("--all", help="Show all, however many there are.")]
EVERYTHING = 10**12


def api(profile: str | None, *, attempts: int = 3, connections: int = 1) -> Api:
    """The API of a profile, and who calls it. Raises Failure."""
    found = profiles.chosen(profile)
    return Api(found.url, Identity(found), attempts=attempts, connections=connections)
