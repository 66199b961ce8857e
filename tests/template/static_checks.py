"""Run checkov over templates, and CloudFormation Guard over those in JSON; for the interpreter of .local/static.

    static_checks.py RULES TEMPLATE...

Prints JSON: {template: {"checkov": [[check id, resource type], ...], "guard": [rule, ...]}}
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any


def main(rules: str, templates: list[str]) -> None:
    """Check every template and print what was found."""
    found: dict[str, dict[str, list[Any]]] = {template: {"checkov": [], "guard": []} for template in templates}
    for template in templates:
        if template.endswith(".json") and importlib.util.find_spec("cfn_guard_rs"):
            found[template]["guard"] = guard(Path(template), Path(rules))
    for template, check, resource in checkov(templates):
        found[template]["checkov"].append([check, resource.rsplit(".", 1)[0]])
    print(json.dumps(found))


def checkov(templates: list[str]) -> list[tuple[str, str, str]]:
    """(template, check id, resource) of every failed check. Loading checkov takes seconds, so once for all."""
    from checkov.cloudformation.runner import Runner  # type: ignore[import-not-found]
    from checkov.runner_filter import RunnerFilter  # type: ignore[import-not-found]

    report = Runner().run(None, files=templates, runner_filter=RunnerFilter(framework=["cloudformation"]))
    if report.parsing_errors or not report.resources:
        sys.exit(f"checkov cannot read {report.parsing_errors or templates}")
    return [(check.file_abs_path, check.check_id, check.resource) for check in report.failed_checks]


def guard(template: Path, rules: Path) -> list[str]:
    """The rules that the template breaks. Only the verbose form of Guard's answer is always JSON."""
    from cfn_guard_rs.cfn_guard_rs import run_checks_rs

    checks = json.loads(run_checks_rs(template.read_text(), rules.read_text(), True))["children"]
    return [check["context"] for check in checks if check["container"]["RuleCheck"]["status"] == "FAIL"]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
