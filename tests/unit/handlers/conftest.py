"""The store that the handlers' tests work on."""

from __future__ import annotations

import pytest

from tests.contract.conftest import Store
from tests.unit.users.memory_store import memory_store


@pytest.fixture
def store() -> Store:
    """A repository over two empty tables."""
    return memory_store()
