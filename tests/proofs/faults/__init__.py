"""Faults at every call: a proxy between the functions and DynamoDB, the flows that run through it, what must hold."""

import pytest

# these modules assert on behalf of tests: let a failure show its values
for name in ("flows", "invariants", "limits", "rig", "stories"):
    pytest.register_assert_rewrite(f"{__name__}.{name}")
