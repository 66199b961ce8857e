"""What the stack holds. A rule takes the stack and yields a sentence for each thing that is wrong."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator

from tests.template import api_rules, async_rules, resource_rules, table_rules
from tests.template.stack import Stack

Rule = Callable[[Stack], Iterator[str]]

RULES: dict[str, Rule] = {
    name: rule
    for module in (resource_rules, api_rules, async_rules, table_rules)
    for name, rule in inspect.getmembers(module, inspect.isfunction)
    if rule.__module__ == module.__name__ and not name.startswith("_")
}
