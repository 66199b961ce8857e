"""Follow changes as they happen."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from users_cli import options, output

MISSED = "Changes were missed: read the users again."


def watch(
    user_id: Annotated[str | None, typer.Argument(help="One user; all users if not given.", metavar="[ID]")] = None,
    after: Annotated[
        int | None, typer.Option("--after", help="Resume after this place, which --json prints.", metavar="PLACE")
    ] = None,
    count: Annotated[int | None, typer.Option("--count", help="End after so many changes.", min=1, metavar="N")] = None,
    profile: options.ProfileName = None,
    as_json: options.Json = False,
) -> None:
    """Show each change of users as it happens, if the API has live updates.

    It reconnects and resumes by itself. End it with Ctrl-C. With --after, a change that was shown before can come
    again.
    """
    from users_cli.live import Live  # the library of WebSockets is for this command alone

    topic = f"users/{user_id}" if user_id else "users"
    told = 0
    for change in Live(options.api(profile), topic, after).changes():
        if as_json:
            output.line(change)
        elif change["type"] == "gap":
            output.say(MISSED)
        else:
            print(sentence(change), flush=True)
        told += change["type"] == "update"
        if told == count:
            return


def sentence(change: dict[str, Any]) -> str:
    """A change for people."""
    parts = (change["time"], change["event"], change["userId"], ", ".join(change.get("changed") or []))
    return output.printable("  ".join(part for part in parts if part))
