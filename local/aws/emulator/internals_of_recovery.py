"""The internals of ministack that point-in-time recovery uses: how its DynamoDB describes, sets and restores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import FunctionType
from typing import Any, Protocol

from local.aws.emulator.internals import Module

Request = dict[str, Any]
Answer = tuple[int, dict[str, str], Any]  # status, headers, body


class Recovering(Protocol):
    """The operations that replace those of ministack."""

    def describe(self, request: Request) -> Answer: ...
    def update(self, request: Request) -> Answer: ...
    def restore(self, request: Request) -> Answer: ...
    def table_description(self, name: str) -> dict[str, Any]: ...


class Recovery:
    """Its operations, as they were before `recover_by`, and its settings."""

    def __init__(self) -> None:
        module = self.module = Module("ministack.services.dynamodb")
        self.tables = module.take("_tables")
        self.settings = module.take("_pitr_settings")
        self.describe: Callable[[Request], Answer] = module.take("_describe_continuous_backups")
        self.update: Callable[[Request], Answer] = module.take("_update_continuous_backups")
        self.restore = module.take("_restore_table_to_point_in_time")
        self.table_description: Callable[[str], dict[str, Any]] = module.take("_table_description")
        self.table_name: Callable[[str], str] = module.take("_normalize_table_name")
        self.refuse: Callable[[str, str, int], Answer] = module.take("error_response_json")
        self.json_response: Callable[[Any], Answer] = module.take("json_response")

    def restored(self, request: Request, source: str, items: Mapping[str, Any]) -> Answer:
        """ministack's restore, from a source table that has these items.

        A copy of its function sees that table, because the function takes its table from a name of its module.
        """
        names = {**self.restore.__globals__, "_tables": Past(self.tables, source, items)}
        answer: Answer = FunctionType(self.restore.__code__, names)(request)
        return answer

    def recover_by(self, recovering: Recovering) -> None:
        """Have this respond to the operations."""
        module = self.module.itself
        module._describe_continuous_backups = recovering.describe
        module._update_continuous_backups = recovering.update
        module._restore_table_to_point_in_time = recovering.restore
        module._table_description = recovering.table_description


class Past(Mapping[str, Any]):
    """The tables, one of them with its earlier items."""

    def __init__(self, tables: Any, source: str, items: Mapping[str, Any]) -> None:
        self._tables, self._source, self._items = tables, source, items

    def __getitem__(self, name: str) -> Any:
        table = self._tables[name]
        return {**table, "items": self._items} if name == self._source else table

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)
