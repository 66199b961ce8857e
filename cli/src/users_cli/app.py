"""The commands, and how a command ends."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any

import typer
import typer.main

from users_cli import __version__, output
from users_cli.commands import files, lists, live, pages, profile, session, users
from users_cli.failures import Failure

INTERRUPTED = 130
STATUSES = """Exit statuses. 0: done. 1: the API has refused it, or rows of a file. 2: wrong usage. 3: not found. 4: the
email is in use, or the user has changed. 5: not signed in. 6: the API is not reachable or cannot do it now: try again
later. 130: interrupted."""

app = typer.Typer(
    name="users",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
    epilog=STATUSES,
)


def version(wanted: bool) -> None:
    """Print the version, and nothing else."""
    if wanted:
        print(f"users {__version__}")
        raise typer.Exit


@app.callback()
def root(
    _: Annotated[bool, typer.Option("--version", callback=version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """The command line of the users API.

    Without a profile, it speaks with the API of `make run` at http://localhost:3000.

    The environment decides before a profile does: USERS_URL, USERS_PROFILE, USERS_API_KEY, USERS_TOKEN (an access
    token) and USERS_CLIENT_SECRET. USERS_CONFIG_DIR is the folder of the profiles.

    Results go to the output. With --json, a command about one user prints a document, and a command about many prints
    a line for each. Everything else goes to the error output.
    """


app.command("login")(session.login)
app.command("logout")(session.logout)
app.add_typer(profile.app, name="profile")
app.command("list")(lists.list_users)
app.command("search")(lists.search)
app.command("get")(users.get)
app.command("create")(users.create)
app.command("update")(users.update)
app.command("delete")(users.delete)
app.command("import")(files.import_users)
app.command("export")(files.export_users)
app.command("watch")(live.watch)
app.command("audit")(users.audit)
app.command("open")(pages.open_page)


@cache
def program() -> Any:
    """All commands, ready to run."""
    return typer.main.get_command(app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        program().main(args=given, prog_name="users")
    except Failure as failure:
        output.failure(failure, as_json="--json" in given)
        return failure.status
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
