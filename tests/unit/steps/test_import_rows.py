"""The steps of an import under faults: whatever stops, and however often it is repeated, each row counts once."""

from __future__ import annotations

import gzip
import json
import uuid

import pytest
from botocore.exceptions import ClientError

from steps import split_import
from steps.finish_import import ResultsMissing, finish_import
from steps.import_rows import ImportClosed
from tests.support.warehouse import people
from transfers.keys import results_key, upload_key
from transfers.model import OPEN_SECONDS, shown_import
from users.model import FIELDS


class Killed(Exception):
    """The process ends here."""


def results(warehouse, import_id):
    content = warehouse.store.get(results_key(import_id), 1 << 20)
    return [json.loads(line) for line in gzip.decompress(content).splitlines()]


def counts(warehouse, import_id):
    return shown_import(warehouse.import_of(import_id))["rows"]


@pytest.mark.parametrize("number", range(1, 7))
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_part_that_is_killed_goes_on_where_it_was(warehouse, number, moment):
    """At each transaction: those of three rows, that of the count, and none."""
    import_id = warehouse.uploaded(people("a@b.c", "b@b.c", "c@b.c"), format="ndjson")
    warehouse.split(import_id)
    seen = []

    def kill(operation, _request):
        if operation == "TransactWriteItems":
            seen.append(operation)
            if len(seen) == number:
                raise Killed

    setattr(warehouse, moment, kill)
    if number <= 4:
        with pytest.raises(Killed):
            warehouse.rows(import_id)
    else:
        warehouse.rows(import_id)
    before = {user["email"]: user["userId"] for user in warehouse.stored()}
    setattr(warehouse, moment, lambda *_: None)

    warehouse.rows(import_id)
    warehouse.finish(import_id)

    assert counts(warehouse, import_id) == {"total": 3, "done": 3, "created": 3, "valid": 0, "rejected": 0}
    users = {user["email"]: user["userId"] for user in warehouse.stored()}
    assert len(warehouse.stored()) == 3
    assert before.items() <= users.items()
    assert [line["userId"] for line in results(warehouse, import_id)] == [users[f"{it}@b.c"] for it in "abc"]


def test_a_row_that_was_created_before_the_kill_is_not_created_again_after_it_was_deleted(warehouse):
    import_id = warehouse.uploaded(people("a@b.c"), format="ndjson")
    warehouse.split(import_id)
    warehouse.before = lambda operation, request: stop_before_the_count(request)
    with pytest.raises(Killed):
        warehouse.rows(import_id)
    warehouse.before = lambda *_: None
    user = warehouse.stored()[0]
    warehouse.dynamodb.delete_item(TableName=warehouse.tables.users, Key={"userId": {"S": user["userId"]}})
    warehouse.dynamodb.delete_item(TableName=warehouse.tables.keys, Key={"key": {"S": "email#a@b.c"}})

    warehouse.rows(import_id)

    assert warehouse.stored() == []


def stop_before_the_count(request):
    if "attribute_exists(job)" in json.dumps(request):
        raise Killed


def test_a_row_that_appears_twice_is_rejected_the_second_time_however_often_the_part_runs(warehouse):
    import_id = warehouse.uploaded(people("a@b.c", "A@b.c", "a@b.c"), format="ndjson")
    warehouse.split(import_id)
    for _ in range(3):
        warehouse.rows(import_id)
    warehouse.finish(import_id)
    assert [line["status"] for line in results(warehouse, import_id)] == ["created", "rejected", "rejected"]
    assert counts(warehouse, import_id) == {"total": 3, "done": 3, "created": 1, "valid": 0, "rejected": 2}


@pytest.mark.parametrize("operation", ["PutObject", "GetObject"])
def test_a_bucket_that_throttles_fails_the_step_and_the_next_attempt_goes_on(warehouse, operation):
    import_id = warehouse.uploaded(people("a@b.c", "b@b.c"), format="ndjson")
    warehouse.split(import_id)
    left = [1]

    def throttle(**_):
        if left:
            left.pop()
            raise ClientError({"Error": {"Code": "SlowDown"}}, operation)

    warehouse.s3.meta.events.register(f"before-call.s3.{operation}", throttle)
    with pytest.raises(ClientError):
        warehouse.rows(import_id)
    warehouse.rows(import_id)
    assert counts(warehouse, import_id)["created"] == 2
    assert len(warehouse.stored()) == 2


def test_an_import_that_is_too_old_for_the_keys_of_its_rows_takes_no_more(warehouse):
    import_id = warehouse.uploaded(people("a@b.c"), format="ndjson")
    warehouse.split(import_id)
    warehouse.now += OPEN_SECONDS + 1
    with pytest.raises(ImportClosed):
        warehouse.rows(import_id)
    assert warehouse.stored() == []


def test_an_upload_that_starts_a_completed_import_again_changes_nothing(warehouse):
    import_id = warehouse.uploaded(people("a@b.c"), format="ndjson")
    warehouse.split(import_id)
    warehouse.rows(import_id)
    warehouse.finish(import_id)
    before = warehouse.import_of(import_id)
    warehouse.store.put(upload_key(import_id), people("b@b.c"), "text/plain")
    assert warehouse.split(import_id)["go"] is False
    assert warehouse.split(str(uuid.uuid4()))["go"] is False
    finish_import({"key": upload_key(import_id), "failed": True}, warehouse.jobs, warehouse.store)
    assert warehouse.import_of(import_id) == before


def test_an_import_that_stopped_says_so_and_can_be_started_again(warehouse):
    import_id = warehouse.uploaded(people("a@b.c"), format="ndjson")
    finish_import({"key": upload_key(import_id), "failed": True}, warehouse.jobs, warehouse.store)
    shown = shown_import(warehouse.import_of(import_id))
    assert (shown["status"], shown["problem"]["code"]) == ("failed", "import_stopped")
    assert warehouse.split(import_id)["go"] is True
    assert "problem" not in shown_import(warehouse.import_of(import_id))


def test_an_import_is_not_finished_before_its_parts(warehouse):
    import_id = warehouse.uploaded(people("a@b.c"), format="ndjson")
    warehouse.split(import_id)
    with pytest.raises(ResultsMissing):
        warehouse.finish(import_id)


def test_a_completed_import_leaves_its_results_and_nothing_else(warehouse):
    import_id = warehouse.uploaded(people("a@b.c"), format="ndjson")
    warehouse.split(import_id)
    warehouse.rows(import_id)
    warehouse.finish(import_id)
    assert list(warehouse.store.keys("")) == [results_key(import_id)]


def test_rows_are_split_into_parts(warehouse, monkeypatch):
    monkeypatch.setattr(split_import, "PART_ROWS", 2)
    import_id = warehouse.uploaded(people(*(f"{it}@b.c" for it in range(5))), format="ndjson")
    warehouse.split(import_id)
    for part in (2, 3, 1):
        warehouse.rows(import_id, part)
    warehouse.finish(import_id)
    assert [line["row"] for line in results(warehouse, import_id)] == [1, 2, 3, 4, 5]
    assert counts(warehouse, import_id)["done"] == 5


def test_a_file_with_too_many_rows_is_refused_before_any_is_imported(warehouse, monkeypatch):
    monkeypatch.setattr(split_import, "PART_ROWS", 1)
    monkeypatch.setattr(split_import, "MOST_PARTS", 2)
    import_id = warehouse.uploaded(people("a@b.c", "b@b.c", "c@b.c"), format="ndjson")
    assert warehouse.split(import_id)["go"] is False
    assert warehouse.import_of(import_id)["code"] == "too_many_rows"


def test_another_file_in_the_place_of_the_first_changes_no_row_that_is_done(warehouse):
    import_id = warehouse.uploaded(people("a@b.c"), format="ndjson")
    warehouse.split(import_id)
    warehouse.before = lambda operation, request: stop_before_the_count(request)
    with pytest.raises(Killed):
        warehouse.rows(import_id)
    warehouse.before = lambda *_: None
    warehouse.store.delete(list(warehouse.store.keys("results/")))
    warehouse.store.put(upload_key(import_id), people("b@b.c", "c@b.c"), "text/plain")
    warehouse.split(import_id)
    warehouse.rows(import_id)
    warehouse.finish(import_id)
    assert [line.get("code") for line in results(warehouse, import_id)] == ["idempotency_key_reused", None]
    assert sorted(user["email"] for user in warehouse.stored()) == ["a@b.c", "c@b.c"]


def test_the_writes_name_the_caller_of_the_import(warehouse):
    import_id = warehouse.uploaded(people("a@b.c"), format="ndjson")
    warehouse.split(import_id)
    warehouse.rows(import_id)
    user = warehouse.stored()[0]
    assert user["writtenBy"] == f"{user['lastWrite']} key:abc"


KEPT = {
    "userId": "3f9c2a10-5b7e-4c1d-9e8f-0a1b2c3d4e5f",
    "createdAt": "2026-01-01T00:00:00.000Z",
    "updatedAt": "2026-01-02T00:00:00.000Z",
}


def test_a_row_may_keep_what_an_export_has(warehouse):
    import_id = warehouse.uploaded(people("a@b.c", **KEPT), format="ndjson", keepIds=True)
    warehouse.split(import_id)
    for _ in range(2):
        warehouse.rows(import_id)
    assert {name: warehouse.stored()[0][name] for name in KEPT} == KEPT


@pytest.mark.parametrize("dry", [True, False])
def test_an_id_that_is_in_use_is_rejected(warehouse, dry):
    first = warehouse.uploaded(people("a@b.c", **KEPT), format="ndjson", keepIds=True)
    warehouse.split(first)
    warehouse.rows(first)
    second = warehouse.uploaded(people("b@b.c", **KEPT) + people("a@b.c"), format="ndjson", keepIds=True, dryRun=dry)
    warehouse.split(second)
    warehouse.rows(second)
    warehouse.finish(second)
    assert [line["code"] for line in results(warehouse, second)] == ["id_in_use", "email_in_use"]
    assert len(warehouse.stored()) == 1


def test_without_keep_ids_the_fields_of_the_server_are_refused(warehouse):
    import_id = warehouse.uploaded(people("a@b.c", **KEPT), format="ndjson")
    warehouse.split(import_id)
    warehouse.rows(import_id)
    warehouse.finish(import_id)
    errors = results(warehouse, import_id)[0]["errors"]
    assert {it["pointer"] for it in errors} == {f"/{name}" for name, field in FIELDS.items() if field.read_only}


def test_every_problem_of_a_row_is_named(warehouse):
    kept = {"userId": "X", "createdAt": "yesterday", "updatedAt": 5}
    import_id = warehouse.uploaded(people("a", age=0, color="red", **kept), format="ndjson", keepIds=True)
    warehouse.split(import_id)
    warehouse.rows(import_id)
    warehouse.finish(import_id)
    errors = results(warehouse, import_id)[0]["errors"]
    assert {it["pointer"] for it in errors} == {"/email", "/age", "/color", "/userId", "/createdAt", "/updatedAt"}
