"""The signed head says where the trail of one user ends."""

from __future__ import annotations

import pytest

from audit.form import FIRST
from audit.heads import is_signed, signed_head
from audit.signatures import PublicKey
from tests.unit.audit.events import ANN, BEA
from tests.unit.audit.keys import Key

KEY = Key()
HEAD = signed_head(ANN, 3, FIRST, KEY)
PUBLIC = PublicKey(KEY.public())


def test_a_head_has_the_signature_of_the_key():
    assert is_signed(HEAD, PUBLIC)


CHANGES = {
    "another user": {"userId": BEA},
    "fewer entries": {"entries": 2},
    "another digest": {"digest": "f" * 64},
    "no signature": {"signature": ""},
    "no base64": {"signature": "not base64"},
    "the head of another user": {"signature": signed_head(BEA, 3, FIRST, KEY)["signature"]},
    "another key": {"signature": signed_head(ANN, 3, FIRST, Key())["signature"]},
    "no number": {"entries": "many"},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_head_that_was_changed_or_forged_has_none(change):
    assert not is_signed({**HEAD, **change}, PUBLIC)


@pytest.mark.parametrize("name", ["userId", "entries", "digest", "signature"])
def test_a_head_that_lacks_a_part_has_none(name):
    assert not is_signed({key: value for key, value in HEAD.items() if key != name}, PUBLIC)
