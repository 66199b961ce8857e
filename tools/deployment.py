"""Helpers in Python for the deployment scripts. Runs on a bare python3 (3.11 or newer).

python3 tools/deployment.py setting NAME [ENVIRONMENT]    a setting of samconfig.toml, for example stack_name

python3 tools/deployment.py parameter NAME ENVIRONMENT [SAM OPTION...]    a parameter that is given

python3 tools/deployment.py retained < TEMPLATE           logical ids that a stack leaves behind, one per line

python3 tools/deployment.py beside KIND ENVIRONMENT < RESOURCES    parameters of infra/KIND.yaml
"""

from __future__ import annotations

import json
import os
import shlex
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

OVERRIDES = "--parameter-overrides"
SETTINGS = Path(__file__).resolve().parent.parent / "samconfig.toml"
WATCHED = (
    *("UsersTable", "UserKeysTable"),
    *("CreateUserFunction", "GetUserFunction", "ListUsersFunction", "UpdateUserFunction", "DeleteUserFunction"),
)
REACHED = {
    "ApiId": "UsersApi",
    "PicturesBucket": "PicturesBucket",
    "BulkBucket": "BulkBucket",
    "LiveApiId": "LiveApi",
    "SignInPrefix": "UserPoolDomain",
}
VERSION = "AWS::Lambda::Version"
KEPT = ("Retain", "RetainExceptOnCreate", "Snapshot")


def main(arguments: list[str]) -> int:
    """Print the answer, nothing for what is not set; 0 when done, 1 with one sentence when not, 2 for wrong usage."""
    try:
        match arguments:
            case ["setting", name, *environment] if len(environment) < 2:
                print(setting(SETTINGS, name, *environment))
            case ["parameter", name, environment, *options]:
                print(parameters_given(environment, options).get(name, ""))
            case ["retained"]:
                print("\n".join(retained(json.load(sys.stdin))))
            case ["beside", kind, environment] if kind in BESIDE:
                resources = [line.split() for line in sys.stdin if line.strip()]
                print("\n".join(f"{name}={value}" for name, value in beside(kind, environment, resources).items()))
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except (tomllib.TOMLDecodeError, json.JSONDecodeError) as error:
        print(f"deployment: {arguments[0]}: {error}", file=sys.stderr)
        return 1
    return 0


def setting(path: Path, name: str, environment: str = "default") -> str:
    """A parameter of `sam deploy` as the SAM CLI would find it: of the command, else global; '' when there is none."""
    value = written(path, name, environment, "deploy", "global")
    return "" if value is None else str(value)


def written(path: Path, name: str, environment: str, *commands: str) -> Any:
    """A parameter as it is in samconfig.toml, of the first of these commands that has it; None when none has."""
    if not path.is_file():
        return None
    sections = tomllib.loads(path.read_text(encoding="utf-8")).get(environment, {})
    found = (sections.get(command, {}).get("parameters", {}).get(name) for command in commands)
    return next((value for value in found if value is not None), None)


def saved(environment: str, *commands: str) -> dict[str, str]:
    """The parameter_overrides of samconfig.toml, in each form that the SAM CLI reads: a text, a list, a table."""
    value = written(SETTINGS, "parameter_overrides", environment, *commands)
    if isinstance(value, dict):
        return {name: str(each) for name, each in value.items()}
    return pairs(shlex.split(value or "") if not isinstance(value, list) else value)


def parameters_given(environment: str, options: Iterable[str]) -> dict[str, str]:
    """The parameters of samconfig.toml and, over them, those of the options of `sam deploy`."""
    return {**saved(environment, "deploy", "global"), **pairs(overrides(options))}


def overrides(arguments: Iterable[str]) -> Iterator[str]:
    """The arguments of --parameter-overrides, up to the next option."""
    inside = False
    for argument in arguments:
        inside = argument == OVERRIDES or (inside and not argument.startswith("-"))
        if inside and argument != OVERRIDES:
            yield from shlex.split(argument) if "ParameterKey=" in argument else [argument]


def pairs(words: Iterable[str]) -> dict[str, str]:
    """Name=value and ParameterKey=name,ParameterValue=value, the two forms that the SAM CLI reads."""
    found = {}
    for word in words:
        text = word.strip("[],").replace("ParameterKey=", "").replace(",ParameterValue=", "=")
        name, sign, value = text.partition("=")
        if sign:
            found[name] = value
    return found


def retained(template: dict[str, Any]) -> list[str]:
    """The resources of a processed template that outlive their stack: no version, which goes with its function."""
    return [
        name
        for name, body in template.get("Resources", {}).items()
        if body.get("DeletionPolicy") in KEPT and body.get("Type") != VERSION
    ]


def beside(kind: str, environment: str, resources: Iterable[list[str]]) -> dict[str, str]:
    """The parameters of a stack beside the API's: the names of what is there, and over them those that are given.

    samconfig.toml gives them under the kind, and so does a variable with its name, such as WATCH. A resource is its
    logical id, its type and its physical id.
    """
    given = pairs(shlex.split(os.environ.get(kind.upper(), "")))
    return {**BESIDE[kind](resources), **saved(environment, kind), **given}


def watched(resources: Iterable[list[str]]) -> dict[str, str]:
    """The names that infra/watch.yaml takes. The physical id of a queue is a URL that ends in its name."""
    found = {}
    queues: dict[bool, list[str]] = {False: [], True: []}
    for logical, kind, physical in resources:
        if kind == "AWS::SQS::Queue":
            queues[logical.endswith("DeadLetters")].append(physical.rpartition("/")[2])
        elif logical in WATCHED:
            found[logical] = physical
    return {**found, "Queues": ",".join(sorted(queues[False])), "DeadLetterQueues": ",".join(sorted(queues[True]))}


def protected(resources: Iterable[list[str]]) -> dict[str, str]:
    """The API that infra/firewall.yaml is for."""
    physical = {logical: physical for logical, _, physical in resources}
    return {"ApiId": physical["UsersApi"]} if "UsersApi" in physical else {}


def shown(resources: Iterable[list[str]]) -> dict[str, str]:
    """The ids that infra/console.yaml takes; empty for what is not there, because otherwise the last value stays."""
    physical = {logical: physical for logical, _, physical in resources}
    return {parameter: physical.get(logical, "") for parameter, logical in REACHED.items()}


BESIDE = {"watch": watched, "firewall": protected, "console": shown}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
