"""A dry run says of each row what the import would have done with it, other rows of the file included."""

from __future__ import annotations

import json
import uuid

import pytest

from steps import split_import
from tests.support.warehouse import people
from tests.unit.steps.test_import_rows import Killed, results
from transfers.jobs import RESERVED_SECONDS

IDS = [str(uuid.uuid4()) for _ in range(2)]
FILE = (
    people("taken@b.c")
    + people("a@b.c", age=0)  # is rejected, and therefore takes no email
    + people("a@b.c", "A@B.C", "b@b.c")
    + people("c@b.c", userId=IDS[0])
    + people("d@b.c", userId=IDS[0])
    + people("c@b.c", userId=IDS[1])
    + people("a@b.c", userId=IDS[0])
    + people("d@b.c", "c@bücher.example", "c@xn--bcher-kva.example")
)
ANSWERS = [
    "email_in_use",
    "invalid_user",
    "",
    "email_in_use",
    "",
    "",
    "id_in_use",
    "email_in_use",
    "id_in_use",
    "",
    "",
    "email_in_use",
]


def ran(warehouse, content=FILE, *, dry, parts):
    """The code of each row, or an empty one."""
    import_id = warehouse.uploaded(content, format="ndjson", keepIds=True, dryRun=dry)
    warehouse.split(import_id)
    for part in parts:
        warehouse.rows(import_id, part)
    warehouse.finish(import_id)
    return [line.get("code", "") for line in results(warehouse, import_id)]


@pytest.mark.parametrize("rows", [3, 500])
def test_a_dry_run_says_what_the_import_then_does(warehouse, monkeypatch, rows):
    monkeypatch.setattr(split_import, "PART_ROWS", rows)
    parts = range(1, -(-len(ANSWERS) // rows) + 1)
    ran(warehouse, people("taken@b.c"), dry=False, parts=[1])
    dry = ran(warehouse, dry=True, parts=parts)
    assert len(warehouse.stored()) == 1
    assert ran(warehouse, dry=False, parts=parts) == dry == ANSWERS


def test_without_a_look_at_other_rows_it_would_not(warehouse, monkeypatch):
    monkeypatch.setattr(warehouse.jobs, "reserve", lambda *_: set())
    ran(warehouse, people("taken@b.c"), dry=False, parts=[1])
    assert ran(warehouse, dry=True, parts=[1]) != ANSWERS


def test_a_dry_run_that_is_killed_finds_no_row_of_its_own_in_use(warehouse):
    import_id = warehouse.uploaded(people("a@b.c", "b@b.c"), format="ndjson", dryRun=True)
    warehouse.split(import_id)

    def kill(operation, request):
        if operation == "TransactWriteItems" and request["TransactItems"][0]["Put"]["Item"].get("row") == {"N": "2"}:
            raise Killed

    warehouse.after = kill
    with pytest.raises(Killed):
        warehouse.rows(import_id)
    warehouse.after = lambda *_: None
    warehouse.rows(import_id)
    warehouse.finish(import_id)
    assert [line["status"] for line in results(warehouse, import_id)] == ["valid", "valid"]


def test_two_dry_runs_know_nothing_of_each_other(warehouse):
    for _ in range(2):
        assert ran(warehouse, people("a@b.c"), dry=True, parts=[1]) == [""]


def test_what_rows_would_take_is_kept_for_a_day_and_names_no_email(warehouse):
    ran(warehouse, people("ada@b.c"), dry=True, parts=[1])
    items = warehouse.dynamodb.scan(TableName=warehouse.table)["Items"]
    [kept] = [item for item in items if "row" in item]
    assert int(kept["expiresAt"]["N"]) == warehouse.now + RESERVED_SECONDS
    assert b"ada" not in json.dumps(items).encode()
