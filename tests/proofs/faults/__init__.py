"""Faults at every call: a proxy between the functions and DynamoDB, the flows that run through it, what must hold."""

import pytest

# These modules assert on behalf of tests: let a failure show its values.
ASSERTING = (
    "flow",
    "flows",
    "invariants",
    "limits",
    "lost_answers",
    "meetings",
    "reads",
    "repetitions",
    "rig",
    "storms",
    "story",
)
for name in ASSERTING:
    pytest.register_assert_rewrite(f"{__name__}.{name}")
