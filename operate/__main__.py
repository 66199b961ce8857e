"""python -m operate COMMAND ... - commands for operators of a deployed stack.

{commands}

`python -m operate COMMAND --help` shows the options. Without --write, a command changes nothing and lists its changes.
--write needs --bus BUS, the name of the stack, so that the audit trail names you, or --bus none without Events.
The Python in .local/sam finds region and credentials as the AWS CLI does, because it has botocore. Any other Python
(3.11 or newer) takes them from the environment (AWS_REGION, AWS_ACCESS_KEY_ID, ...).
Exit status: 0 nothing is left to do, 1 the list contains work for a person, or the command failed, 2 wrong usage.
"""

from __future__ import annotations

import os
import sys

# The folders of PYTHONPATH come last: a file there may have the name of one of Python's modules or of ours.
sys.path.sort(key=lambda place: place in map(os.path.abspath, os.environ.get("PYTHONPATH", "").split(os.pathsep)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "src"))

import argparse
from types import ModuleType

from audit.signatures import NoPublicKey
from dynamodb.errors import ConfigurationError, DynamoDBError
from operate import acts, database, redrive
from operate.audit_trail import audit
from operate.records import check_claims, check_items, copy_users, fingerprint
from operate.recovery import drill, drill_api, put_back, restore
from operate.regions import failover, repair
from operate.search import index, segments
from utils.errors import AppError

NO_HELP = "python -m operate: PYTHONOPTIMIZE=2 removes the help texts; unset it.\n\n{commands}"
COMMANDS: dict[str, ModuleType] = {
    "copy-users": copy_users,
    "check-claims": check_claims,
    "check-items": check_items,
    "fingerprint": fingerprint,
    "restore": restore,
    "put-back": put_back,
    "drill": drill,
    "failover": failover,
    "repair": repair,
    "redrive": redrive,
    "audit": audit,
    "index": index,
}
OWN = (
    redrive.NoSource,
    restore.NotRestorable,
    drill.NotADrillStack,
    failover.NotMoved,
    drill_api.ApiFailed,
    NoPublicKey,
    acts.NotRecorded,
    index.WrongGeneration,
    segments.WrongState,
)


def main(arguments: list[str]) -> int:
    """Run one command; the exit status."""
    if not arguments:
        print(usage())
        return 0
    options = parsed(arguments)
    try:
        with acts.recorded(options, arguments) as act:
            act.left = options.run(database.connect(), options)
    except (DynamoDBError, ConfigurationError, AppError, *OWN, OSError) as error:
        print(f"{options.command}: {getattr(error, 'code', '')} {error}".replace("  ", " "), file=sys.stderr)
        return 1
    return 1 if act.left else 0


def usage() -> str:
    """The text of `python -m operate`: each command, and what it changes."""
    lines = [f"    {name:<14} {first_line(it)}\n    {'':<14} Changes {it.CHANGES}." for name, it in COMMANDS.items()]
    return (__doc__ or NO_HELP).format(commands="\n".join(lines)).rstrip()


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
    options = parser.parse_args(arguments)
    if getattr(options, "write", False) and not options.bus:
        parser.error(acts.NEEDED)
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
