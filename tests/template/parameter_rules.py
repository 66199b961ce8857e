"""The reasons for which CloudFormation refuses parameters, by the Rules of a template."""

from __future__ import annotations

from pathlib import Path

from local.template.parameters import parameter_values
from local.template.rules import broken
from local.template.source import read_template


def refused(path: Path, **given: str) -> list[str]:
    """The description of each assertion that does not hold."""
    source = read_template(path)
    return [reason for _, _, reason in broken(source, parameter_values(source, given))]
