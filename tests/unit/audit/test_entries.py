"""Reading the trail of one user on a real database: the newest entries first, each once."""

from __future__ import annotations

import pytest

from audit.entries import AuditReader, cursor, number_in, shown
from audit.form import number_of
from tests.unit.audit.events import ANN, BEA, detail
from utils.errors import InvalidCursor


@pytest.fixture
def reader(call, table, trail):
    for version in range(1, 6):
        trail.append("UserUpdated", detail(version))
        trail.append("UserUpdated", detail(version, BEA))
    return AuditReader(call, table)


def numbers(entries):
    return [number_of(each) for each in entries]


def test_a_page_has_the_newest_entries_of_one_user(reader):
    entries, last = reader.page(ANN, 3)
    assert (numbers(entries), last) == ([5, 4, 3], 3)
    assert {each["userId"] for each in entries} == {ANN}


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 6])
def test_pages_have_each_entry_once(reader, limit):
    seen, last = [], None
    while True:
        entries, last = reader.page(ANN, limit, last)
        seen += numbers(entries)
        if last is None:
            break
    assert seen == [5, 4, 3, 2, 1]


def test_an_entry_that_is_added_meanwhile_moves_nothing(reader, trail):
    _, last = reader.page(ANN, 2)
    trail.append("UserUpdated", detail(6))
    assert numbers(reader.page(ANN, 2, last)[0]) == [3, 2]


def test_a_user_without_entries_has_an_empty_page(reader):
    assert reader.page("00000000-0000-4000-8000-000000000000", 10) == ([], None)


def test_an_entry_is_shown_without_its_key(reader):
    [entry], _ = reader.page(ANN, 1)
    assert {name: value for name, value in shown(entry).items() if name not in ("previous", "digest")} == {
        "number": 5,
        "eventId": "event-5",
        "type": "UserUpdated",
        "userVersion": 5,
        "time": "2026-11-26T12:00:00.000Z",
        "recordedAt": "2026-11-29T12:00:00.000Z",
        "actor": {"type": "key", "id": "abc"},
        "changed": ["name", "age"],
    }


def test_an_actor_without_an_id_is_shown_without_one():
    entry = {"actor": "anonymous", "changed": "", "place": "entry#0000000001"}
    rest = dict.fromkeys(("eventId", "type", "userVersion", "time", "recordedAt", "previous", "digest"), "")
    assert (shown({**rest, **entry})["actor"], shown({**rest, **entry})["changed"]) == ({"type": "anonymous"}, [])


@pytest.mark.parametrize("number", [2, 3, 1000, 2**32 - 1])
@pytest.mark.parametrize("form", ["{}", '"{}"'])
def test_a_cursor_is_read_as_it_was_made(number, form):
    assert number_in(form.format(cursor(ANN, number)), ANN) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "forged",
        "AAAA",
        "A" * 16,
        "A" * 1000,
        "é" * 16,
        cursor(ANN, 3) + "=",
        cursor(ANN, 3)[:-1],
        cursor(ANN, 1),
    ],
)
def test_a_cursor_that_was_not_made_is_refused(text):
    with pytest.raises(InvalidCursor):
        number_in(text, ANN)


def test_a_cursor_of_another_user_is_refused():
    with pytest.raises(InvalidCursor):
        number_in(cursor(BEA, 3), ANN)
