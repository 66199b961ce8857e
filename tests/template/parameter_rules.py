"""What CloudFormation says of parameters that break the Rules of a template. Nothing here runs them on AWS."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from local.template.source import read_template


def refused(path: Path, **given: str) -> list[str]:
    """The reasons, by the rules whose condition holds and whose assertion does not."""
    tree = _tree(path)
    values = {name: str(block.get("Default", "")) for name, block in tree["Parameters"].items()} | given
    rules = [rule for rule in tree["Rules"].values() if _holds(rule["RuleCondition"], values)]
    checks = [check for rule in rules for check in rule["Assertions"]]
    return [check["AssertDescription"] for check in checks if not _holds(check["Assert"], values)]


@cache
def _tree(path: Path) -> dict[str, Any]:
    return read_template(path).tree


def _holds(condition: Any, given: dict[str, str]) -> Any:
    """The value of a condition of a rule. KeyError for a function that rules do not have, or that none uses yet."""
    match condition:
        case {"Ref": str(name)}:
            return given[name]
        case {"Fn::Not": [inner]}:
            return not _holds(inner, given)
        case {"Fn::And": list(parts)}:
            return all(_holds(part, given) for part in parts)
        case {"Fn::Equals": [left, right]}:
            return _holds(left, given) == _holds(right, given)
        case {"Fn::EachMemberEquals": [members, value]}:
            return all(member == value for member in _holds(members, given).split(","))
        case dict():
            raise KeyError(*condition)
    return condition
