"""DynamoDB expressions: names and values collected while the text is written."""

from __future__ import annotations

from dynamodb.values import to_value
from users.user import MOST_VERSION
from utils.preconditions import ANY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from utils.preconditions import Precondition

NEVER = 0  # versions start at 1

# A user as we write it, not written later than `:now`: each attribute of its type, since no comparison holds between
# two types. An item of another form, written by another tool, fails this and is read before the write.
_USER = (
    "#name > :space AND #email > :space AND #createdAt <= :now AND #updatedAt <= :now"
    " AND #version >= :least AND #version <= :most"
)
_USER_NAMES = {f"#{name}": name for name in ("name", "email", "createdAt", "updatedAt", "version")}
_USER_VALUES = {":space": {"S": " "}, ":least": {"N": "1"}, ":most": {"N": f"{MOST_VERSION}"}}


class Expression:
    """Writes conditions and updates of one request; every attribute goes by a placeholder, so no word is reserved."""

    __slots__ = ("_conditions", "names", "values")

    def __init__(self) -> None:
        self._conditions: list[str] = []
        self.names: dict[str, str] = {}
        self.values: dict[str, dict[str, str]] = {}

    def name(self, attribute: str) -> str:
        """The placeholder of an attribute."""
        self.names[f"#{attribute}"] = attribute
        return f"#{attribute}"

    def value(self, value: str | int) -> str:
        """The placeholder of a value."""
        placeholder = f":{len(self.values)}"
        self.values[placeholder] = to_value(value)
        return placeholder

    def require(self, attribute: str, comparison: str, value: str | int) -> Expression:
        """Also demand that the attribute compares so."""
        self._conditions.append(f"{self.name(attribute)} {comparison} {self.value(value)}")
        return self

    def require_user(self, now: str) -> Expression:
        """Also require that the user has our form and was last written no later than `now`."""
        self._conditions.append(_USER)
        self.names.update(_USER_NAMES)
        self.values.update(_USER_VALUES)
        self.values[":now"] = to_value(now)
        return self

    def require_other_type(self, attribute: str, value: str | int) -> Expression:
        """Also demand that the attribute is not there or of another type than the value: no comparison holds then."""
        name, other = self.name(attribute), self.value(value)
        self._conditions.append(f"NOT ({name} < {other} OR {name} >= {other})")
        return self

    def require_number(self, attribute: str, text: str) -> Expression:
        """Also demand that the attribute is this number, which may be none that we would write."""
        placeholder = f":{len(self.values)}"
        self.values[placeholder] = {"N": text}
        self._conditions.append(f"{self.name(attribute)} = {placeholder}")
        return self

    def require_exists(self, attribute: str) -> Expression:
        """Also demand that the item is there."""
        self._conditions.append(f"attribute_exists({self.name(attribute)})")
        return self

    def require_absent(self, attribute: str, *unless: tuple[str, str, str | int]) -> Expression:
        """Also demand that the item is not there, or else that one of `unless` (attribute, comparison, value) holds."""
        absent = f"attribute_not_exists({self.name(attribute)})"
        others = [f"{self.name(name)} {comparison} {self.value(value)}" for name, comparison, value in unless]
        self._conditions.append(f"({' OR '.join([absent, *others])})")
        return self

    def require_version(self, precondition: Precondition) -> Expression:
        """Also demand what If-Match and If-None-Match ask for."""
        if precondition.match not in (None, ANY):
            self._conditions.append(self._in(precondition.match or [NEVER]))  # type: ignore[arg-type]
        if precondition.none_match == ANY:
            self._conditions.append(self._in([NEVER]))
        elif precondition.none_match:
            self._conditions.append(f"NOT {self._in(precondition.none_match)}")  # type: ignore[arg-type]
        return self

    def _in(self, versions: list[int]) -> str:
        return f"{self.name('version')} IN ({', '.join(map(self.value, versions))})"

    def condition(self, **request: Any) -> dict[str, Any]:
        """`request` with the condition, its names and values, and the failing item asked for."""
        request["ConditionExpression"] = " AND ".join(self._conditions)
        request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        if self.names:
            request["ExpressionAttributeNames"] = self.names
        if self.values:
            request["ExpressionAttributeValues"] = self.values
        return request

    def assignment(self, values: Mapping[str, str | int]) -> str:
        """An update expression that sets these attributes and no more."""
        return f"SET {', '.join(f'{self.name(name)} = {self.value(value)}' for name, value in values.items())}"

    def update(self, set_: dict[str, str | int], removed: list[str]) -> str:
        """An update expression that sets, removes, and raises the version by one."""
        parts = [f"{self.name(name)} = {self.value(value)}" for name, value in set_.items()]
        version = self.name("version")
        text = f"SET {', '.join([*parts, f'{version} = {version} + {self.value(1)}'])}"
        return f"{text} REMOVE {', '.join(map(self.name, removed))}" if removed else text
