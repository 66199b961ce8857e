"""python -m operate COMMAND ... - commands for operators of a deployed stack.

{commands}

`python -m operate COMMAND --help` shows the options. Without --write, a command changes nothing and lists its changes.
The Python in .local/sam finds region and credentials as the AWS CLI does, because it has botocore. Any other Python
(3.11 or newer) takes them from the environment (AWS_REGION, AWS_ACCESS_KEY_ID, ...).
Exit status: 0 nothing is left to do, 1 the list contains work for a person, or the command failed, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from dynamodb.errors import ConfigurationError, DynamoDBError
from operate import check_claims, check_items, copy_users, database, redrive
from utils.errors import AppError

COMMANDS: dict[str, ModuleType] = {
    "copy-users": copy_users,
    "check-claims": check_claims,
    "check-items": check_items,
    "redrive": redrive,
}


def main(arguments: list[str]) -> int:
    """Run one command; the exit status."""
    if not arguments:
        print(usage())
        return 0
    options = parsed(arguments)
    try:
        needs_a_person = options.run(database.connect(), options)
    except (DynamoDBError, ConfigurationError, AppError, redrive.NoSource) as error:
        print(f"{options.command}: {getattr(error, 'code', '')} {error}".replace("  ", " "), file=sys.stderr)
        return 1
    return 1 if needs_a_person else 0


def usage() -> str:
    """The text of `python -m operate`: each command, and what it changes."""
    lines = [f"    {name:<14} {first_line(it)}\n    {'':<14} Changes {it.CHANGES}." for name, it in COMMANDS.items()]
    return (__doc__ or "").format(commands="\n".join(lines)).rstrip()


def first_line(command: ModuleType) -> str:
    """The first line of a command's docstring."""
    return (command.__doc__ or "").partition("\n")[0]


def parsed(arguments: list[str]) -> argparse.Namespace:
    """The options of the command line."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m operate", description=usage(), formatter_class=plain)
    commands = parser.add_subparsers(required=True, dest="command", metavar="COMMAND")
    for name, command in COMMANDS.items():
        own = commands.add_parser(name, description=command.__doc__, formatter_class=plain)
        own.set_defaults(run=command.run)
        command.add_options(own)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
