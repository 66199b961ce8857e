"""A bucket and tables of pictures."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.pictures import Studio


@pytest.fixture
def studio(emulator: Any) -> Studio:
    """An empty bucket and empty tables."""
    return Studio(emulator)
