"""The contract suite's store, over the database in memory."""

from __future__ import annotations

from tests.contract.conftest import Store, memory_client
from tests.support.tables import Tables
from utils.deadline import Deadline


def memory_store() -> Store:
    """A repository over two empty tables in memory."""
    tables = Tables("Users", "UserKeys")
    client = memory_client(tables)
    return Store(lambda operation, request: client.call(operation, request, Deadline(10)), tables)
