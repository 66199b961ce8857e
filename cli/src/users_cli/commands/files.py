"""Import users from files, and export them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from users_cli import checking, exporting, importing, journal, options, output, table_files
from users_cli.client import Api
from users_cli.failures import WrongUsage
from users_cli.fields import FIELDS
from users_cli.importing import Import, RowsRefused
from users_cli.journal import Journal
from users_cli.progress import Bar
from users_cli.table_files import Row

Format = Annotated[
    str | None, typer.Option("--format", help="csv or ndjson; the name of the file says it too.", metavar="FORMAT")
]
File = Annotated[Path, typer.Argument(help="The file.", metavar="FILE")]
Restart = Annotated[bool, typer.Option("--restart", help="Start again, and not where it was stopped.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
ERRORS = ".errors.ndjson"


Charset = Annotated[
    str, typer.Option("--charset", help="utf-8 or windows-1252; a byte order mark decides first.", metavar="NAME")
]
Parallel = Annotated[
    int, typer.Option("--parallel", help="How many rows are sent at once.", min=1, max=64, metavar="N")
]
Errors = Annotated[
    Path | None,
    typer.Option("--errors", help="The file for refused rows; FILE.errors.ndjson if not given.", metavar="FILE"),
]


def import_users(
    file: File,
    form: Format = None,
    charset: Charset = "utf-8",
    parallel: Parallel = 8,
    errors: Errors = None,
    dry_run: DryRun = False,
    restart: Restart = False,
    profile: options.ProfileName = None,
    as_json: options.Json = False,
) -> None:
    """Create a user for each row of a CSV or NDJSON file.

    The whole file is read before the first row is sent. Stop it at any time: the same command goes on with the rows
    that are left. FILE.users-import lists those that are done. A refused row does not stop it: the problem goes to the
    file for errors, and the exit status is 1.

    With --dry-run, the API checks each row and creates nobody, if it has imports. Otherwise only the file is checked.
    """
    kind = table_files.format_of(file, form)
    wanted = sum(1 for _ in table_files.rows(file, kind, charset))
    refused_file = errors or file.with_name(file.name + ERRORS)
    api = options.api(profile, attempts=importing.ATTEMPTS, connections=parallel)
    if dry_run:
        check(api, file, kind, charset, wanted, refused_file, as_json=as_json)
        return
    kept = journal.opened(file, api.url, restart=restart)
    before = len(kept.done)
    try:
        send(api, kept, table_files.rows(file, kind, charset), wanted, parallel)
    finally:
        write_errors(refused_file, kept)
        report(kept, wanted, before, refused_file, as_json=as_json)
    if kept.refused:
        raise RowsRefused(f"The API has refused {kept.refused} of {wanted} rows: {refused_file}")


def send(api: Api, kept: Journal, rows: Iterable[Row], wanted: int, parallel: int) -> None:
    """Send all rows that are not done, with a bar. Raises Failure."""
    kept.start()
    try:
        with Bar("Importing", wanted, len(kept.done)) as bar:
            Import(api, kept, parallel, lambda: bar.advance(1, kept.refused)).run(rows)
    finally:
        kept.close()


def report(kept: Journal, wanted: int, before: int, refused_file: Path, *, as_json: bool) -> None:
    """Say how far the import is."""
    done, refused = len(kept.done), kept.refused
    found: dict[str, Any] = {"rows": wanted, "done": done, "created": done - refused, "refused": refused}
    if as_json:
        output.document({**found, "import": kept.head["import"], "errors": str(refused_file) if refused else None})
        return
    earlier = f", {before} of them earlier" if before else ""
    print(f"{done} of {wanted} rows are done{earlier}: {done - refused} created, {refused} refused.")
    if done < wanted:
        output.say("The same command goes on from here.")


def write_errors(path: Path, kept: Journal) -> None:
    """Write a line for each refused row, in order; without one, there is no file."""
    refused = [{"row": number, **it} for number, it in sorted(kept.done.items()) if "code" in it]
    write_lines(path, refused)


def write_lines(path: Path, lines: list[dict[str, Any]]) -> None:
    """Write NDJSON; without a line, there is no file."""
    try:
        if lines:
            path.write_text("".join(json.dumps(it, ensure_ascii=False) + "\n" for it in lines), encoding="utf-8")
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise WrongUsage(f"{path} cannot be written: {error.strerror}.") from None


def check(api: Api, file: Path, form: str, charset: str, wanted: int, refused_file: Path, *, as_json: bool) -> None:
    """Check a file without creating anybody. Raises Failure."""
    refused = checking.checked(api, file, form, charset)
    found = {"rows": wanted, "checkedBy": "file" if refused is None else "api", "refused": len(refused or [])}
    if as_json:
        output.document(found)
    elif refused is None:
        print(f"The file can be read: {wanted} rows. This API has no imports that check rows, or not for you.")
    else:
        print(f"The API would create {wanted - len(refused)} of {wanted} users, and refuse {len(refused)}.")
    write_lines(refused_file, refused or [])
    if refused:
        raise RowsRefused(f"The API would refuse {len(refused)} of {wanted} rows: {refused_file}")


def export_users(
    file: File,
    form: Format = None,
    dry_run: DryRun = False,
    restart: Restart = False,
    profile: options.ProfileName = None,
    as_json: options.Json = False,
) -> None:
    """Write all users into a CSV or NDJSON file.

    Each user who exists the whole time appears once. The file is there when it is complete. Stop it at any time: within
    a day, the same command goes on where it was. FILE.part and FILE.users-export keep its state until then.
    """
    kind = table_files.format_of(file, form)
    api = options.api(profile, attempts=importing.ATTEMPTS)
    export = exporting.Export(api, file, kind, restart=restart)
    expected = exporting.total(api)
    if dry_run:
        say_expected(expected, file, kind, export.place.count, as_json=as_json)
        return
    with Bar("Exporting", expected, export.place.count) as bar:
        count = export.run(bar.advance)
    if as_json:
        output.document({"users": count, "file": str(file)})
    else:
        print(f"{count} users are in {file}.")


def say_expected(expected: int | None, file: Path, form: str, done: int, *, as_json: bool) -> None:
    """Say what an export would write."""
    if as_json:
        output.document({"users": expected, "file": str(file), "format": form, "done": done})
        return
    many = "all users (this API does not count them)" if expected is None else f"about {expected} users"
    fields = f", with the fields {', '.join(FIELDS)}" if form == table_files.CSV else ""
    print(f"The export would write {many} into {file}{fields}.")
