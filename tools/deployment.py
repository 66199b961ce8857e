"""Helpers in Python for the deployment scripts. Runs on a bare python3 (3.11 or newer).

python3 tools/deployment.py setting NAME [ENVIRONMENT]    a setting of samconfig.toml, for example stack_name

python3 tools/deployment.py parameter NAME ENVIRONMENT [SAM OPTION...]    a parameter that is given

python3 tools/deployment.py retained < TEMPLATE           logical ids that a stack leaves behind, one per line
"""

from __future__ import annotations

import json
import shlex
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

OVERRIDES = "--parameter-overrides"
SETTINGS = Path(__file__).resolve().parent.parent / "samconfig.toml"
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
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except (tomllib.TOMLDecodeError, json.JSONDecodeError) as error:
        print(f"deployment: {arguments[0]}: {error}", file=sys.stderr)
        return 1
    return 0


def setting(path: Path, name: str, environment: str = "default") -> str:
    """A parameter of `sam deploy` as the SAM CLI would find it: of the command, else global; '' when there is none."""
    if not path.is_file():
        return ""
    sections = tomllib.loads(path.read_text(encoding="utf-8")).get(environment, {})
    for section in ("deploy", "global"):
        value = sections.get(section, {}).get("parameters", {}).get(name)
        if value is not None:
            return str(value)
    return ""


def parameters_given(environment: str, options: Iterable[str]) -> dict[str, str]:
    """The parameters of samconfig.toml and, over them, those of the options of `sam deploy`."""
    saved = shlex.split(setting(SETTINGS, "parameter_overrides", environment))
    return {**pairs(saved), **pairs(overrides(options))}


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
    """The resources of a processed template that outlive their stack."""
    return [name for name, body in template.get("Resources", {}).items() if body.get("DeletionPolicy") in KEPT]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
