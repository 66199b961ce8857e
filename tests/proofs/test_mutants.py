"""The judge of mutants, judged."""

from __future__ import annotations

import pytest

from tests.proofs import mutants

SHOWN = {
    "a.x__mutmut_1": "--- a\n+++ b\n def f():\n-    return 1\n+    return 2\n",
    "a.y__mutmut_1": "-    x\n+    y\n",
}
KNOWN = [{"change": "- return 1\n+ return 2", "reason": "the same"}]


@pytest.fixture
def judged(monkeypatch):
    def judge(results, known):
        listed = "".join(f"    {name}: {status}\n" for name, status in results.items())
        monkeypatch.setattr(mutants, "mutmut", lambda what, name, *more: listed if what == "results" else SHOWN[name])
        monkeypatch.setattr(mutants, "explained", lambda: known)
        monkeypatch.setattr(mutants, "figures", lambda *counts, **more: "")  # they are not this run's
        return mutants.main()

    return judge


def results(killed, **survived):
    return {**{f"m{n}": "killed" for n in range(killed)}, **survived}


def test_survivors_that_are_few_and_explained_pass(judged):
    assert judged(results(9, **{"a.x__mutmut_1": "survived"}), KNOWN) == 0


@pytest.mark.parametrize(
    ("found", "known"),
    [
        (results(8, **{"a.x__mutmut_1": "survived"}), KNOWN),
        (results(20, **{"a.y__mutmut_1": "survived"}), []),
        (results(20, **{"a.x__mutmut_1": "no tests"}), []),
        (results(20, **{"a.x__mutmut_1": "killed"}), KNOWN),
        ({}, []),
    ],
    ids=["too many", "unexplained", "untested", "explained for nothing", "no mutants"],
)
def test_anything_else_does_not(judged, found, known):
    assert judged(found, known) == 1


def test_every_reason_is_given():
    assert all(entry["change"] and len(entry["reason"]) > 10 for entry in mutants.explained())
