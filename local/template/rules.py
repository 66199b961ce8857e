"""The rules of a template: which parameters go together. CloudFormation holds them before it creates anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from local.template.intrinsics import FUNCTIONS, Resolver
from local.template.source import Source, TemplateError


def check_rules(source: Source, values: Mapping[str, Any]) -> None:
    """Refuse parameters that break a rule. Raises TemplateError, with the line of the assertion.

    The template names rules about what is only on AWS, such as a network, in its Metadata. They are left to it.
    """
    elsewhere = (source.tree.get("Metadata") or {}).get("RulesOfAWS") or ()
    for name, index, reason in broken(source, values):
        if name in elsewhere:
            continue
        place = source.place("Rules", name, "Assertions", index)
        raise TemplateError(f"the parameters break the rule {name} ({place}): {reason}")


def broken(source: Source, values: Mapping[str, Any]) -> Iterator[tuple[str, int, str]]:
    """The rules that do not hold: name, number of the assertion, and its description."""
    resolver = Resolver(source.tree, values)
    for name, rule in (source.tree.get("Rules") or {}).items():
        if not known(rule) or not resolver.condition(rule.get("RuleCondition", True)):
            continue
        for index, assertion in enumerate(rule.get("Assertions") or ()):
            if not resolver.condition(assertion["Assert"]):
                yield name, index, assertion.get("AssertDescription") or "its assertion does not hold"


def known(rule: Any) -> bool:
    """Whether a rule can be judged here: some functions, such as Fn::ValueOf, only CloudFormation has."""
    return all(name in FUNCTIONS for name in functions(rule))


def functions(value: Any) -> Iterator[str]:
    """The functions in a part of the template."""
    if isinstance(value, dict):
        yield from (key for key in value if str(key).startswith("Fn::"))
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from functions(each)
