"""The places of an erasure."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.household import Household


@pytest.fixture
def home(emulator: Any) -> Household:
    """Places without anybody in them."""
    return Household(emulator)
