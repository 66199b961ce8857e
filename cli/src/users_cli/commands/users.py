"""One user at a time: get, create, update, delete, and what was done to them."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

import httpx
import typer

from users_cli import options, output
from users_cli.client import Api, User
from users_cli.failures import Conflict, Failure, Refused, WrongUsage
from users_cli.fields import SET_BY_THE_SERVER

Name = Annotated[str | None, typer.Option("--name", help="The name.", metavar="NAME")]
Email = Annotated[str | None, typer.Option("--email", help="The email.", metavar="EMAIL")]
Age = Annotated[int | None, typer.Option("--age", help="The age in years.", metavar="N")]
STALE = "precondition_failed"


def get(user_id: options.Id, profile: options.ProfileName = None, as_json: options.Json = False) -> None:
    """Show a user."""
    output.user(tagged(options.api(profile).request("GET", path(user_id))), as_json=as_json)


def create(
    name: Name = None,
    email: Email = None,
    age: Age = None,
    idempotency_key: Annotated[
        str | None,
        typer.Option(
            "--idempotency-key",
            help="The same key and fields within a day create one user, however often they are sent.",
            metavar="KEY",
        ),
    ] = None,
    profile: options.ProfileName = None,
    as_json: options.Json = False,
) -> None:
    """Create a user."""
    headers = {"Idempotency-Key": idempotency_key or str(uuid.uuid4())}
    body = given(name=name, email=email, age=age)
    output.user(tagged(options.api(profile).request("POST", "/users", body=body, headers=headers)), as_json=as_json)


def update(
    user_id: options.Id,
    name: Name = None,
    email: Email = None,
    age: Age = None,
    no_age: Annotated[bool, typer.Option("--no-age", help="Remove the age.")] = False,
    if_match: options.IfMatch = None,
    profile: options.ProfileName = None,
    as_json: options.Json = False,
) -> None:
    """Change some fields of a user, and keep the others.

    The user is read first, and changed only if nobody else changes it meanwhile. With --if-match, the change depends
    on the tag that you have read.
    """
    if no_age and age is not None:
        raise WrongUsage("--age and --no-age exclude each other.")
    changes = {**given(name=name, email=email, age=age), **({"age": None} if no_age else {})}
    if not changes:
        raise WrongUsage("Name at least one field to change: --name, --email, --age or --no-age.")
    api = options.api(profile)
    read = None if if_match else tagged(api.request("GET", path(user_id)))
    tag = if_match or str(read and read["etag"])
    try:
        response = api.request("PATCH", path(user_id), body=changes, headers={"If-Match": quoted(tag)})
    except Conflict as conflict:
        raise explained(api, user_id, conflict, read, changes) from None
    output.user(tagged(response), as_json=as_json)


def delete(
    user_id: options.Id,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    if_match: options.IfMatch = None,
    profile: options.ProfileName = None,
    as_json: options.Json = False,
) -> None:
    """Delete a user.

    It asks first. Where nobody can be asked, because the input is not a terminal, it needs --yes.
    """
    api = options.api(profile)
    tag = if_match
    if not yes:
        if not sys.stdin.isatty():
            raise WrongUsage("Nobody can be asked here whether to delete the user: add --yes.")
        user = tagged(api.request("GET", path(user_id)))
        typer.confirm(output.printable(f"Delete {user['name']} ({user['email']})?"), abort=True, err=True)
        tag = tag or user["etag"]  # the user who was shown is the one that is deleted
    try:
        response = api.request("DELETE", path(user_id), headers={"If-Match": quoted(tag)} if tag else {})
    except Conflict as conflict:
        raise explained(api, user_id, conflict, None, {}) from None
    if as_json:
        output.document(response.json())
    else:
        print(response.json()["message"])


def audit(
    user_id: options.Id,
    limit: options.Limit = 100,
    everything: options.All = False,
    profile: options.ProfileName = None,
    as_json: options.Json = False,
) -> None:
    """Show what was done to a user, by whom and when, the newest first."""
    most = options.EVERYTHING if everything else limit
    entries = options.api(profile).items(f"{path(user_id)}/audit", {}, most, "entries")
    if as_json:
        for entry in entries:
            output.line(entry)
    else:
        output.rows(["time", "type", "version", "changed", "actor"], map(entry_row, entries))


def entry_row(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of the audit trail for people."""
    actor = entry.get("actor") or {}
    who = " ".join(str(actor[name]) for name in ("type", "id") if name in actor)
    version, changed = entry.get("userVersion", ""), entry.get("changed", [])
    return {"time": entry["time"], "type": entry["type"], "version": version, "changed": changed, "actor": who}


def path(user_id: str) -> str:
    """The path of a user."""
    return f"/users/{quote(user_id, safe='')}"


def quoted(tag: str) -> str:
    """A tag as the header wants it: in quotes, which a shell takes away easily."""
    return tag if tag.startswith(('"', "W/", "*")) else f'"{tag}"'


def given(**fields: Any) -> dict[str, Any]:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def tagged(response: httpx.Response) -> User:
    """The user of a response, with its tag."""
    return {**response.json(), "etag": response.headers.get("ETag", "")}


def explained(api: Api, user_id: str, conflict: Conflict, read: User | None, changes: Mapping[str, Any]) -> Failure:
    """The conflict of a write, with the user as it is now: shown to people, and in the problem for programs."""
    if conflict.problem.get("code") != STALE:
        return conflict
    try:
        now = tagged(api.request("GET", path(user_id)))
    except Refused:
        return conflict  # it is gone
    lines = [f"  The user is now (tag {now['etag']}):"]
    for name, value in now.items():
        if name not in {*SET_BY_THE_SERVER, "etag"}:
            before = f", when read {json.dumps(read.get(name))}" if read and read.get(name) != value else ""
            wanted = f", your change {json.dumps(changes[name])}" if name in changes else ""
            lines.append(f"    {name} {json.dumps(value, ensure_ascii=False)}{before}{wanted}")
    return Shown(str(conflict), {**conflict.problem, "current": now}, lines)


class Shown(Conflict):
    """A conflict with lines that show it."""

    def __init__(self, detail: str, problem: dict[str, Any], more: list[str]) -> None:
        super().__init__(detail, problem)
        self.more = more

    def lines(self) -> list[str]:
        """The sentences of the API, and the user as it is now."""
        return [*super().lines(), *self.more]
