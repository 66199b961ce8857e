"""What the recorders of the emulated AWS's services are given in tests."""

from __future__ import annotations

from typing import Any

from local.aws.emulator.internals import entries

Scope = tuple[str, str, str]


class Store:
    """A store of ministack's, as far as recorders look into it."""

    def __init__(self) -> None:
        self._data: dict[Scope, Any] = {}

    def put(self, name: str, queue: Any) -> Any:
        self._data["000000000000", "us-east-1", name] = queue
        return queue

    def drop(self, name: str) -> None:
        del self._data["000000000000", "us-east-1", name]

    def all(self) -> list[Any]:
        return list(self._data.values())


class Json:
    """How a store is written as JSON and read."""

    def default(self, store: Store) -> Any:
        return {"store": [[*scope, value] for scope, value in entries(store).items()]}

    def object_hook(self, found: dict[str, Any]) -> Any:
        if "store" not in found:
            return found
        store = Store()
        for *_, name, value in found["store"]:
            store.put(name, value)
        return store
