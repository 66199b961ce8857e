"""Helpers in Python for the deployment scripts. Runs on a bare python3 (3.11 or newer).

python3 tools/deployment.py setting NAME [ENVIRONMENT]    a setting of samconfig.toml, for example stack_name
python3 tools/deployment.py retained < TEMPLATE           logical ids that a stack leaves behind, one per line
"""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import Any

SETTINGS = Path(__file__).resolve().parent.parent / "samconfig.toml"
KEPT = ("Retain", "RetainExceptOnCreate", "Snapshot")


def main(arguments: list[str]) -> int:
    """Print the answer, nothing for what is not set; 0 when done, 1 with one sentence when not, 2 for wrong usage."""
    try:
        match arguments:
            case ["setting", name, *environment] if len(environment) < 2:
                print(setting(SETTINGS, name, *environment))
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


def retained(template: dict[str, Any]) -> list[str]:
    """The resources of a processed template that outlive their stack."""
    return [name for name, body in template.get("Resources", {}).items() if body.get("DeletionPolicy") in KEPT]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
