"""The steps of an export: each user once, whatever is repeated."""

from __future__ import annotations

import gzip
import json

import pytest

from steps.finish_export import ExportIncomplete, finish_export
from tests.support.warehouse import people
from transfers.keys import file_key, manifest_key
from transfers.model import shown_export


@pytest.fixture
def filled(warehouse):
    import_id = warehouse.uploaded(people(*(f"{it}@b.c" for it in range(20))), format="ndjson")
    warehouse.split(import_id)
    warehouse.rows(import_id)
    return warehouse


def test_each_user_is_in_one_file_and_is_counted_once(filled):
    export_id = filled.export(segments=3)
    for file in (1, 3, 3, 2, 1):
        filled.segment(export_id, file)
    filled.finish_export(export_id)

    contents = [filled.store.get(file_key(export_id, it, "ndjson"), 1 << 20) for it in (1, 2, 3)]
    users = [json.loads(line) for content in contents for line in gzip.decompress(content).splitlines()]
    assert sorted(user["email"] for user in users) == sorted(f"{it}@b.c" for it in range(20))
    assert filled.export_of(export_id)["users"] == 20
    manifest = json.loads(filled.store.get(manifest_key(export_id), 1 << 20))
    assert [file["users"] for file in manifest["files"]] == [len(gzip.decompress(it).splitlines()) for it in contents]
    assert manifest["users"] == 20


def test_an_item_that_is_no_user_is_left_out(filled):
    filled.dynamodb.put_item(TableName=filled.tables.users, Item={"userId": {"S": "x"}})
    export_id = filled.export(segments=1)
    filled.segment(export_id, 1)
    assert filled.export_of(export_id)["users"] == 20


def test_an_export_is_not_finished_before_its_files(filled):
    export_id = filled.export(segments=2)
    filled.segment(export_id, 2)
    with pytest.raises(ExportIncomplete):
        filled.finish_export(export_id)
    finish_export({"export": export_id, "failed": True}, filled.jobs, filled.store)
    shown = shown_export(filled.export_of(export_id))
    assert (shown["status"], shown["problem"]["code"]) == ("failed", "export_stopped")
