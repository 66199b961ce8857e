"""The recorder keeps its promises whatever happens to events, and each wrong recorder fails one of the proofs."""

from __future__ import annotations

import types
import uuid
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import audit.trail
from audit.trail import AuditTrail
from tests.unit.audit import proof
from tests.unit.audit.conftest import made
from tests.unit.audit.proof import ALONE, Stand, life

pytestmark = pytest.mark.slow

SOURCE = Path(audit.trail.__file__).read_text()
PEOPLE = st.fixed_dictionaries(
    {
        "name": st.text(st.characters(categories=["L"]), min_size=1, max_size=40),
        "email": st.from_regex(r"[a-z]{1,9}@[a-z]{1,9}\.example", fullmatch=True),
        "age": st.integers(1, 149),
    }
)


def stand(emulator, call, key, recorder=AuditTrail):
    return Stand(recorder, call, made(emulator, f"Audit-{uuid.uuid4().hex[:12]}"), key)


@pytest.mark.parametrize("each", ALONE, ids=lambda it: it.__name__)
def test_the_recorder_keeps_its_promise(emulator, call, key, each):
    each(stand(emulator, call, key))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=PEOPLE, second=PEOPLE)
def test_the_bytes_of_a_trail_are_the_same_for_every_person(emulator, call, key, first, second):
    """Whatever is stored depends on nothing personal, so there is nothing in it to erase, or to guess by trying."""
    one, other = stand(emulator, call, key), stand(emulator, call, key)
    one.record(life(first))
    other.record(life(second))
    found = one.items(life(first)[0].user_id)
    assert len(found) == 5 + 5 + 1
    assert found == other.items(life(second)[0].user_id)
    assert one.faults() == 0


# Wrong recorders: a piece of the source, what it becomes.
WRONG = {
    "an event is recorded again": ("{EVENT}{detail['id']}", "{EVENT}{self._clock()}{head}"),
    "an entry is written over": ("                self._new(entry),", "                self._over(entry),"),
    "a forged head is continued": ("if not is_signed(head, PublicKey(self._key.public())):", "if False:"),
    "an event that was overtaken is lost": ("if not refused or refused[MARK_AT] == TAKEN:", "if True:"),
    "an event that was overtaken is given up": ("for _ in range(TRIES):", "for _ in range(0):"),
    "links lead nowhere": ('str(head["digest"]) if head else FIRST', "FIRST"),
    "a digest leaves something out": ('"digest": digest(entry)}', '"digest": digest({**entry, "actor": ""})}'),
    "an entry has the number of the version": (
        'place_of(int(head["entries"]) + 1 if head else 1)',
        'place_of(int(detail["userVersion"]))',
    ),
    "the head is one behind": (
        'signed_head(str(entry["userId"]), number,',
        'signed_head(str(entry["userId"]), number - 1,',
    ),
    "the head has another digest": ('str(entry["digest"]), self._key)', 'str(entry["previous"]), self._key)'),
    "the caller is not recorded": ('"actor": _actor(detail["actor"])', '"actor": "unknown"'),
    "the fields are not recorded": ('" ".join(detail["changed"])', '""'),
    "the email is kept": ('"type": type_,', '"type": type_, "email": str(detail.get("email")),'),
    "a hash of the email is kept": (
        '"type": type_,',
        '"type": type_, "about": digest({"email": str(detail.get("email"))}),',
    ),
    "an email as the subject of a token is kept": ('personal = "@" in name and', 'personal = "@" in "" and'),
    "a deletion is not recorded": (
        'user_id = str(detail["userId"])',
        'user_id = str(detail["userId"])\n        if type_ == "UserDeleted":\n            return',
    ),
}
# A method that a wrong recorder uses: a put without a condition.
OVER = """
    def _over(self, item):
        return {"Put": {"TableName": self._table, "Item": to_item(item)}}

"""


def wrong(name):
    """A recorder with one fault."""
    old, new = WRONG[name]
    assert SOURCE.count(old) == 1, f"the fault to seed no longer applies: {old}"
    return loaded(SOURCE.replace(old, new))


def loaded(source):
    """The recorder of a source, with the errors that the proofs know."""
    source = source.replace("\n    def _follows", f"{OVER}    def _follows")
    module = types.ModuleType("recorder")
    exec(compile(source, "recorder", "exec"), module.__dict__)
    module.ForgedHead, module.NotAppended = audit.trail.ForgedHead, audit.trail.NotAppended
    return module.AuditTrail


@pytest.mark.parametrize("each", ALONE, ids=lambda it: it.__name__)
def test_a_recorder_without_a_fault_is_not_caught(emulator, call, key, each):
    each(stand(emulator, call, key, loaded(SOURCE)))


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_recorder_is_caught(emulator, call, key, name):
    recorder = wrong(name)
    caught = [each.__name__ for each in ALONE if fails(each, stand(emulator, call, key, recorder))]
    second = stand(emulator, call, key, recorder), stand(emulator, call, key, recorder)
    caught += ["of_nobody_in_particular"] if fails(proof.of_nobody_in_particular, *second) else []
    assert caught


def fails(prove, *stands):
    """Whether a proof finds a fault; a recorder that breaks down is one."""
    try:
        prove(*stands)
    except Exception:
        return True
    return False
