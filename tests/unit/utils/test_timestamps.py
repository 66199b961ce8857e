"""Times."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from utils.timestamps import rfc3339


def test_a_time_is_utc_with_milliseconds():
    assert rfc3339(0) == "1970-01-01T00:00:00.000Z"
    assert rfc3339(1_767_225_599.9995) == "2025-12-31T23:59:59.999Z"
    assert rfc3339(1_767_225_600.007) == "2026-01-01T00:00:00.007Z"


@given(st.integers(0, 4_000_000_000_000))
def test_it_is_what_datetime_says(milliseconds):
    seconds = (milliseconds + 0.5) / 1000
    expected = datetime.fromtimestamp(milliseconds / 1000, UTC)
    assert datetime.fromisoformat(rfc3339(seconds)).timestamp() == round(expected.timestamp(), 3)
