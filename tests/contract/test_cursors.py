"""What cursors promise, on every database and through every client."""

from __future__ import annotations

import pytest

from dynamodb.errors import Throttled, Unavailable
from tests.contract.conftest import START, Store
from users.cursors import PERIOD_SECONDS, VALID_SECONDS
from utils.errors import ExpiredCursor, InvalidCursor, ServiceUnavailable

USER = "0f8fad5b-d9cb-469f-a165-70867728950e"
HERE = "GET /users"


def secrets(store: Store) -> list[dict[str, object]]:
    return [item for item in store.items(store.tables.keys) if item["key"].startswith("cursor-secret#")]


def operations(store: Store) -> list[str]:
    return [operation for operation, _ in store.calls]


def test_a_cursor_leads_back_to_the_user_it_was_made_of(store: Store) -> None:
    cursors = store.cursors()
    assert cursors.decode(cursors.encode(USER, HERE), HERE) == USER


def test_every_function_reads_what_another_made(store: Store) -> None:
    assert store.cursors().decode(store.cursors().encode(USER, HERE), HERE) == USER
    assert len(secrets(store)) == 1


def test_a_cursor_may_come_as_a_json_string(store: Store) -> None:
    cursors = store.cursors()
    assert cursors.decode(f'"{cursors.encode(USER, HERE)}"', HERE) == USER


def test_the_secret_is_read_once_and_then_known(store: Store) -> None:
    cursors = store.cursors()
    for _ in range(3):
        cursors.decode(cursors.encode(USER, HERE), HERE)
    assert operations(store) == ["GetItem", "PutItem"]


def test_who_loses_the_race_to_make_the_secret_takes_the_winners(store: Store) -> None:
    others = store.cursors()
    made: list[str] = []

    def win(operation: str, request: object) -> dict[str, object]:
        if operation == "PutItem" and not made:
            made.append("")
            made[0] = others.encode(USER, HERE)
        return {}

    store.before = win
    ours = store.cursors().encode(USER, HERE)
    assert made == [ours]
    assert len(secrets(store)) == 1


def test_secrets_of_two_tables_differ(store: Store) -> None:
    first = store.cursors().encode(USER, HERE)
    store.clear()
    assert store.cursors().encode(USER, HERE) != first


def test_a_secret_is_random_and_goes_when_no_cursor_of_it_can_be_valid(store: Store) -> None:
    store.cursors().encode(USER, HERE)
    [item] = secrets(store)
    assert len(bytes.fromhex(str(item["secret"]))) == 32
    last_cursor = (int(START) // PERIOD_SECONDS + 1) * PERIOD_SECONDS - 1 + VALID_SECONDS
    assert item["expiresAt"] == last_cursor + 1


def test_the_secret_rotates_and_cursors_of_the_one_before_still_hold(store: Store) -> None:
    end = (START // PERIOD_SECONDS + 1) * PERIOD_SECONDS
    store.now = end - 1
    old = store.cursors().encode(USER, HERE)
    store.now = end
    fresh = store.cursors().encode(USER, HERE)
    assert len(secrets(store)) == 2
    assert old != fresh
    assert store.cursors().decode(old, HERE) == USER


def test_a_cursor_expires_after_a_day(store: Store) -> None:
    cursor = store.cursors().encode(USER, HERE)
    store.now = START + VALID_SECONDS - 1
    assert store.cursors().decode(cursor, HERE) == USER
    for later in (VALID_SECONDS, PERIOD_SECONDS, 3 * PERIOD_SECONDS):
        store.now = START + later
        with pytest.raises(ExpiredCursor):
            store.cursors().decode(cursor, HERE)


def test_a_cursor_from_the_future_is_none(store: Store) -> None:
    cursor = store.cursors().encode(USER, HERE)
    store.now = START - PERIOD_SECONDS
    with pytest.raises(InvalidCursor):
        store.cursors().decode(cursor, HERE)


def test_a_cursor_is_bound_to_where_it_came_from(store: Store) -> None:
    cursor = store.cursors().encode(USER, HERE)
    with pytest.raises(InvalidCursor):
        store.cursors().decode(cursor, "GET /users?name=x")


def test_no_character_of_a_cursor_can_be_changed_dropped_or_added(store: Store) -> None:
    cursors = store.cursors()
    cursor = cursors.encode(USER, HERE)
    forged = [cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :] for at in range(len(cursor))]
    cut = [cursor[:at] for at in range(len(cursor))]
    for text in [
        *forged,
        *cut,
        cursor + "A",
        cursor + "=",
        f" {cursor}",
        f'"{cursor}',
        f'""{cursor}""',
        "é" + cursor[1:],
    ]:
        with pytest.raises((InvalidCursor, ExpiredCursor)):
            cursors.decode(text, HERE)


def test_without_a_secret_no_cursor_holds(store: Store) -> None:
    cursor = store.cursors().encode(USER, HERE)
    store.clear()
    with pytest.raises(InvalidCursor):
        store.cursors().decode(cursor, HERE)


def test_reading_a_cursor_makes_no_secret(store: Store) -> None:
    cursor = store.cursors().encode(USER, HERE)
    store.clear()
    store.calls.clear()
    with pytest.raises(InvalidCursor):
        store.cursors().decode(cursor, HERE)
    assert operations(store) == ["GetItem"]
    assert secrets(store) == []


@pytest.mark.parametrize("operation", ["GetItem", "PutItem"])
@pytest.mark.parametrize("error", [Throttled("ThrottlingException"), Unavailable("NoResponse", uncertain=True)])
def test_a_database_out_of_reach_is_unavailable(store: Store, operation: str, error: Exception) -> None:
    def fail(called: str, request: object) -> dict[str, object]:
        if called == operation:
            raise error
        return {}

    store.before = fail
    with pytest.raises(ServiceUnavailable):
        store.cursors().encode(USER, HERE)
