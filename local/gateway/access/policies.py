"""IAM policies as Lambda authorizers return them: does one allow calling a method?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

INVOKE = "execute-api:Invoke"


class BadPolicy(Exception):
    """A policy that API Gateway cannot read; its text says why."""


def decision(document: Any, method_arn: str) -> str:
    """'allow', 'deny' (said so) or 'none' (not said) for one method's ARN. Raises BadPolicy."""
    found = "none"
    for statement in statements(document):
        if matches(statement, "Action", INVOKE, ignore_case=True) and matches(statement, "Resource", method_arn):
            effect = statement.get("Effect")
            if effect == "Deny":
                return "deny"
            if effect != "Allow":
                raise BadPolicy(f"a statement's Effect is {effect!r}")
            found = "allow"
    return found


def statements(document: Any) -> list[Mapping[str, Any]]:
    """The statements of a policy document."""
    if not isinstance(document, Mapping):
        raise BadPolicy("policyDocument is no object")
    found = document.get("Statement")
    statements = [found] if isinstance(found, Mapping) else found
    if not isinstance(statements, list) or not all(isinstance(item, Mapping) for item in statements):
        raise BadPolicy("policyDocument has no Statement")
    for item in statements:
        if item.get("Condition"):
            raise BadPolicy("a statement has a Condition, which the local gateway does not evaluate")
        if "NotAction" in item or "NotResource" in item:
            raise BadPolicy("a statement has NotAction or NotResource, which the local gateway does not evaluate")
    return statements


def matches(statement: Mapping[str, Any], member: str, value: str, *, ignore_case: bool = False) -> bool:
    """Whether a statement's actions or resources take in a value."""
    patterns = statement.get(member)
    if isinstance(patterns, str):
        patterns = [patterns]
    if not isinstance(patterns, list):
        raise BadPolicy(f"a statement has no {member}")
    return any(pattern(str(text), ignore_case).fullmatch(value) for text in patterns)


@lru_cache(maxsize=512)
def pattern(text: str, ignore_case: bool) -> re.Pattern[str]:
    """A regular expression for a pattern of IAM with * and ?."""
    escaped = re.escape(text).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(escaped, re.DOTALL | (re.IGNORECASE if ignore_case else 0))
