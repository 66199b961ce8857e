"""Many users: list and search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Annotated

import typer

from users_cli import options, output
from users_cli.client import Api

MORE = "There are more users. Show them with --limit or --all."


def list_users(
    limit: options.Limit = 100,
    everything: options.All = False,
    profile: options.ProfileName = None,
    as_json: options.Json = False,
) -> None:
    """List users. The order has no meaning."""
    show(options.api(profile), {}, options.EVERYTHING if everything else limit, as_json=as_json)


def search(
    words: Annotated[
        list[str] | None, typer.Argument(help="Words that names or emails begin with.", metavar="[WORD]...")
    ] = None,
    email: Annotated[str | None, typer.Option("--email", help="The user with this email.", metavar="EMAIL")] = None,
    domain: Annotated[str | None, typer.Option("--domain", help="Emails at this domain.", metavar="DOMAIN")] = None,
    min_age: Annotated[int | None, typer.Option("--min-age", help="This age, or older.", metavar="N")] = None,
    max_age: Annotated[int | None, typer.Option("--max-age", help="This age, or younger.", metavar="N")] = None,
    created_after: Annotated[
        str | None, typer.Option("--created-after", help="Created after this time.", metavar="TIME")
    ] = None,
    created_before: Annotated[
        str | None, typer.Option("--created-before", help="Created before this time.", metavar="TIME")
    ] = None,
    updated_after: Annotated[
        str | None, typer.Option("--updated-after", help="Changed after this time.", metavar="TIME")
    ] = None,
    sort: Annotated[
        str | None, typer.Option("--sort", help="createdAt, -createdAt, name or -name.", metavar="ORDER")
    ] = None,
    fields: Annotated[
        str | None, typer.Option("--fields", help="The fields to show, separated by commas.", metavar="FIELDS")
    ] = None,
    limit: options.Limit = 100,
    everything: options.All = False,
    profile: options.ProfileName = None,
    as_json: options.Json = False,
) -> None:
    """Search users, if the API has search.

    A time is in UTC, such as 2026-01-31T12:00:00Z.
    """
    asked = {"q": " ".join(words or []) or None, "email": email, "domain": domain, "minAge": min_age, "maxAge": max_age}
    asked |= {"createdAfter": created_after, "createdBefore": created_before, "updatedAfter": updated_after}
    asked |= {"sort": sort, "fields": fields}
    params = {name: value for name, value in asked.items() if value is not None}
    names = ["userId", *(it for it in (fields or "").split(",") if it not in ("", "userId"))] if fields else []
    show(options.api(profile), params, options.EVERYTHING if everything else limit, as_json=as_json, names=names)


def show(api: Api, params: Mapping[str, str | int], most: int, *, as_json: bool, names: Sequence[str] = ()) -> None:
    """Print the first users of a list, and say if there are more."""
    if "email" in params:  # it finds one user, and takes no limit
        found = iter(api.request("GET", "/users", params=params).json()["users"])
    else:
        found = api.items("/users", params, most + 1)
    output.users(islice(found, most), as_json=as_json, names=names)
    if next(found, None) is not None:
        output.say(MORE)
