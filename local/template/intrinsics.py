"""CloudFormation's intrinsic functions and conditions, resolved to plain values."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.template.attributes import ARN, ATTRIBUTES, NAME_PROPERTY, REF_IS_THE_ARN, name_in
from local.template.source import TemplateError

ACCOUNT = "000000000000"
REGION = "us-east-1"
STACK = "users-api"
ABSENT = object()  # AWS::NoValue: the property is left out
SUB = re.compile(r"\$\{(!?)([^}]+)\}")


class Unresolved(TemplateError):
    """A reference or a function without a value. `name` is what is referred to, as it is written; `trail` the place."""

    def __init__(self, text: str, name: str = "", trail: tuple[Any, ...] = ()) -> None:
        super().__init__(text)
        self.name, self.trail = name, trail


@dataclass
class Resolver:
    """Resolves one template. `physical` gives, by logical id, what Ref returns; `attributes` what GetAtt does.

    A resource that neither knows gets its own name property or `<stack>-<logical id>`, and attributes made of that.
    """

    template: Mapping[str, Any]
    parameters: Mapping[str, Any]
    physical: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    account: str = ACCOUNT
    region: str = REGION
    stack: str = STACK

    def __post_init__(self) -> None:
        self.conditions: dict[str, bool] = {}
        self.open: set[str] = set()  # resources whose name is being worked out, to end circles
        self.evaluated: list[str] = []  # conditions that are being evaluated, each for the one before it

    def resolved(self) -> dict[str, Any]:
        """The whole template: resources and outputs whose condition is false left out, no intrinsic function left."""
        found: dict[str, Any] = dict(self.template)
        for section in ("Resources", "Outputs"):
            found[section] = {
                name: self.value(block, (section, name))
                for name, block in (self.template.get(section) or {}).items()
                if "Condition" not in block or self.condition(block["Condition"])
            }
        found.pop("Conditions", None)
        return found

    def value(self, value: Any, trail: tuple[Any, ...] = ()) -> Any:
        """Any part of the template, resolved. Raises TemplateError."""
        if isinstance(value, list):
            items = [self.value(item, (*trail, index)) for index, item in enumerate(value)]
            return [item for item in items if item is not ABSENT]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name in FUNCTIONS:
                return self.call(name, argument, trail)
        items_ = {key: self.value(item, (*trail, key)) for key, item in value.items()}
        return {key: item for key, item in items_.items() if item is not ABSENT}

    def call(self, name: str, argument: Any, trail: tuple[Any, ...]) -> Any:
        """One function's result; what goes wrong inside it is told with its place in the template."""
        try:
            return FUNCTIONS[name](self, argument, trail)
        except Unresolved as error:
            error.trail = error.trail or trail
            raise
        except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            where = ".".join(map(str, trail)) or "the template"
            raise Unresolved(f"{where}: {name} cannot be resolved; check its arguments", trail=trail) from error

    def condition(self, condition: Any) -> bool:
        """Whether a condition, named or written out, holds."""
        if isinstance(condition, str):
            if condition in self.evaluated:
                circle = ", ".join(self.evaluated[self.evaluated.index(condition) :])
                raise Unresolved(f"circular dependency between conditions: [{circle}]", condition)
            if condition not in self.conditions:
                written = self.template.get("Conditions") or {}
                if condition not in written:
                    text = f"the condition '{condition}' is used but is not defined under Conditions"
                    raise Unresolved(text, condition)
                self.evaluated.append(condition)
                self.conditions[condition] = bool(self.value(written[condition], ("Conditions", condition)))
                self.evaluated.pop()
            return self.conditions[condition]
        return bool(self.value(condition))

    def reference(self, name: str) -> Any:
        """What Ref returns."""
        pseudo = self.pseudo(name)
        if pseudo is not None:
            return pseudo
        if name in self.parameters:
            return self.parameters[name]
        if name in (self.template.get("Resources") or {}):
            return self.physical.get(name) or self.made_up(name)
        raise Unresolved(f"'{name}' is referenced but is neither a parameter nor a resource of the template", name)

    def pseudo(self, name: str) -> Any:
        """A pseudo parameter, or None."""
        return {
            "AWS::NoValue": ABSENT,
            "AWS::AccountId": self.account,
            "AWS::Region": self.region,
            "AWS::Partition": "aws",
            "AWS::StackName": self.stack,
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::NotificationARNs": [],
            "AWS::StackId": f"arn:aws:cloudformation:{self.region}:{self.account}:stack/{self.stack}/local",
        }.get(name)

    def name(self, logical: str) -> str:
        """The name of a resource that nobody has created: its name property, or one made of stack and logical id."""
        block = self.template["Resources"][logical]
        written = (block.get("Properties") or {}).get(NAME_PROPERTY.get(block["Type"], ""), ABSENT)
        if written is not ABSENT and logical not in self.open:
            self.open.add(logical)
            name = self.value(written)
            self.open.discard(logical)
            if name is not ABSENT and isinstance(name, str):
                return name
        return f"{self.stack}-{logical}"

    def made_up(self, logical: str) -> str:
        """The value of Ref for a resource that was not created: its name, or an ARN made of that."""
        name, kind = self.name(logical), self.template["Resources"][logical]["Type"]
        return self.arn(logical, name) if kind in REF_IS_THE_ARN else name

    def arn(self, logical: str, name: str) -> str:
        """The ARN of a resource by its name; '' for types that have none here."""
        block = self.template["Resources"][logical]
        pattern, function = ARN.get(block["Type"], ""), ""
        if "{function}" in pattern:
            function = name_in(str(self.value(block["Properties"]["FunctionName"])))
        facts = {"region": self.region, "account": self.account, "name": name, "function": function}
        return pattern and "arn:aws:" + pattern.format(**facts)

    def attribute(self, logical: str, attribute: str) -> Any:
        """What GetAtt returns."""
        if (logical, attribute) in self.attributes:
            return self.attributes[logical, attribute]
        written, block = f"{logical}.{attribute}", (self.template.get("Resources") or {}).get(logical)
        if block is None:
            raise Unresolved(f"'{logical}' is referenced but is not a resource of the template", written)
        pattern = ATTRIBUTES.get(block["Type"], {}).get(attribute)
        if pattern is None:
            raise Unresolved(
                f"{written} has no value here: {block['Type']} has no such attribute, or not locally", written
            )
        reference = self.physical.get(logical) or self.made_up(logical)
        name = name_in(reference)
        arn = reference if reference.startswith("arn:") else self.arn(logical, name)
        return pattern.format(arn=arn, name=name, ref=reference, region=self.region, account=self.account)

    # the functions: each takes its argument as written, and its place

    def fn_sub(self, argument: Any, trail: tuple[Any, ...]) -> str:
        text, names = (argument, {}) if isinstance(argument, str) else argument
        values = {key: self.value(item, trail) for key, item in names.items()}

        def replaced(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return "${" + name + "}"
            if name in values:
                return text_of(values[name])
            if "." in name:
                logical, attribute = name.split(".", 1)
                return text_of(self.attribute(logical, attribute))
            return text_of(self.reference(name.strip()))

        return SUB.sub(replaced, text)

    def fn_get_att(self, argument: Any, trail: tuple[Any, ...]) -> Any:
        logical, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        return self.attribute(logical, self.value(attribute, trail))

    def fn_if(self, argument: Any, trail: tuple[Any, ...]) -> Any:
        condition, yes, no = argument
        return self.value(yes if self.condition(condition) else no, trail)

    def fn_join(self, argument: Any, trail: tuple[Any, ...]) -> str:
        between, items = argument
        return str(between).join(text_of(item) for item in self.value(items, trail))

    def fn_select(self, argument: Any, trail: tuple[Any, ...]) -> Any:
        index, items = argument
        return self.value(items, trail)[int(self.value(index, trail))]

    def fn_split(self, argument: Any, trail: tuple[Any, ...]) -> list[str]:
        between, text = argument
        return str(self.value(text, trail)).split(between)

    def fn_find_in_map(self, argument: Any, trail: tuple[Any, ...]) -> Any:
        name, first, second, *rest = (self.value(item, trail) for item in argument)
        found = (self.template.get("Mappings") or {}).get(name, {}).get(first, {}).get(second, ABSENT)
        if found is ABSENT and rest:
            return rest[0]["DefaultValue"]
        if found is ABSENT:
            raise Unresolved(f"there is no {name}.{first}.{second} under Mappings", trail=trail)
        return found

    def fn_import_value(self, argument: Any, trail: tuple[Any, ...]) -> Any:
        raise Unresolved("Fn::ImportValue: there is no other stack locally to import from", trail=trail)


def text_of(value: Any) -> str:
    """A value inside a string, as CloudFormation writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def equals(resolver: Resolver, argument: Any, trail: tuple[Any, ...]) -> bool:
    """Fn::Equals compares text: 1 equals '1', true equals 'true'."""
    left, right = (resolver.value(item, trail) for item in argument)
    return text_of(left) == text_of(right)


Function = Callable[[Resolver, Any, tuple[Any, ...]], Any]
FUNCTIONS: dict[str, Function] = {
    "Ref": lambda r, a, t: r.reference(a),
    "Condition": lambda r, a, t: r.condition(a),
    "Fn::Sub": Resolver.fn_sub,
    "Fn::GetAtt": Resolver.fn_get_att,
    "Fn::If": Resolver.fn_if,
    "Fn::Join": Resolver.fn_join,
    "Fn::Select": Resolver.fn_select,
    "Fn::Split": Resolver.fn_split,
    "Fn::FindInMap": Resolver.fn_find_in_map,
    "Fn::ImportValue": Resolver.fn_import_value,
    "Fn::Base64": lambda r, a, t: base64.b64encode(str(r.value(a, t)).encode()).decode(),
    "Fn::Equals": equals,
    "Fn::And": lambda r, a, t: all(r.condition(item) for item in a),
    "Fn::Or": lambda r, a, t: any(r.condition(item) for item in a),
    "Fn::Not": lambda r, a, t: not r.condition(a[0]),
    "Fn::EachMemberEquals": lambda r, a, t: all(member == r.value(a[1], t) for member in r.value(a[0], t)),
    "Fn::GetAZs": lambda r, a, t: [f"{r.region}{letter}" for letter in "abc"],
    "Fn::Length": lambda r, a, t: len(r.value(a, t)),
    "Fn::ToJsonString": lambda r, a, t: json.dumps(r.value(a, t), separators=(",", ":")),
}
