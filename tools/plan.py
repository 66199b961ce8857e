"""The resources that a deployment would create, by the template alone: `deploy.sh --dry-run` where AWS cannot be asked.

python -m tools.plan [CONFIG] [SAM OPTION...]    parameters of samconfig.toml's CONFIG (default: default) and, over
                                                 them, those of --parameter-overrides are in force
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from local.template.parameters import parameter_values
from local.template.source import TemplateError, read_template
from local.template.transform import ROOT, resolve, transformed
from tools import roles
from tools.deployment import parameters_given


def main(arguments: list[str]) -> int:
    """Print the plan; 0, or 1 with one sentence for a template or a parameter that is wrong."""
    config = arguments[0] if arguments and not arguments[0].startswith("-") else "default"
    given = parameters_given(config, arguments)
    try:
        print("\n".join(plan(given)))
    except TemplateError as error:
        print(f"plan: {error}", file=sys.stderr)
        return 1
    return 0


def plan(given: Mapping[str, str]) -> Iterator[str]:
    """The plan, line by line. Raises TemplateError."""
    source = read_template(ROOT / "template.yaml")
    values, template = parameter_values(source, given), transformed(source, given)
    resources = resolve(template, values, source)["Resources"]
    kinds = Counter(str(block["Type"]) for block in resources.values())
    yield f"{len(resources)} resources:"
    yield from (f"  {kind:<36} {number}" for kind, number in sorted(kinds.items()))
    yield "\npermissions of each function:"
    yield roles.table(template).rstrip()
    yield "\nparameters:"
    yield from parameters(source.tree["Parameters"], values, given)
    yield "\ncosts by the month: alarms, what tables and logs keep, your own KMS key"
    yield "costs of each request: docs/reference/cost.md"


def parameters(declared: Mapping[str, Any], values: Mapping[str, Any], given: Mapping[str, str]) -> Iterator[str]:
    """Each parameter with its value; those that were given are marked."""
    for name, block in declared.items():
        value = "****" if str(block.get("NoEcho")).lower() == "true" else values[name]
        yield f"  {name:<24} {value}{'  (given)' if name in given else ''}".rstrip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
