"""A bucket and tables of imports and exports."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.warehouse import Warehouse


@pytest.fixture
def warehouse(emulator: Any) -> Warehouse:
    """An empty bucket and empty tables."""
    return Warehouse(emulator)
