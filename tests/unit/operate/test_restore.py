"""Both tables come back as they were in one second, with their settings, also if the command is killed in between."""

from __future__ import annotations

import json
import time
from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterator
from typing import Any

import pytest

from dynamodb.errors import RequestRejected
from operate.database import Call
from operate.records.fingerprint import taken
from operate.recovery import restore, table_settings
from operate.recovery.restore import NotRestorable, Restore, moment_in, run
from tests.support.tables import Tables
from tests.unit.operate.recovering import (
    COUNT,
    a_second,
    calling,
    described,
    filled,
    protect,
    put_user,
    remove,
    remove_claim,
)

pytestmark = pytest.mark.slow

KEY = "arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555"


@pytest.fixture
def call(emulator) -> Call:
    return calling(emulator)


@pytest.fixture
def made(call: Call, tables: Tables) -> Iterator[list[str]]:
    """Names of tables to delete afterwards."""
    names: list[str] = []
    yield names
    for name in names:
        table = restore.found_table(call, name)
        if table.get("DeletionProtectionEnabled"):
            call("UpdateTable", {"TableName": name, "DeletionProtectionEnabled": False})
        if table:
            call("DeleteTable", {"TableName": name})


def options(tables: Tables, moment: Any, **more: Any) -> Namespace:
    return Namespace(**{"users": tables.users, "keys": tables.keys, "to": moment, "state": None, "write": True, **more})


def damaged(call: Call, tables: Tables) -> int:
    """A second with all users, damaged afterwards."""
    protect(call, tables, days=7)
    filled(call, tables)
    second = a_second()
    remove(call, tables, 1)
    remove_claim(call, tables, "user2@x.co")
    put_user(call, tables, 2, "other@x.co", version=2)
    return second


def test_both_tables_are_what_they_were(call, tables, made, capsys):
    protect(call, tables)
    filled(call, tables)
    then = taken(call, tables.users, tables.keys)
    second = a_second()
    made += Restore(call, (tables.users, tables.keys), second).targets
    remove(call, tables, 1)
    put_user(call, tables, COUNT)
    now = taken(call, tables.users, tables.keys)
    assert run(call, options(tables, second)) == 0
    assert taken(call, *made) == then
    assert taken(call, tables.users, tables.keys) == now
    said = capsys.readouterr().out
    assert all(f"{name} has " in said for name in made)
    assert f"{COUNT}  {then.users.digest}" in said
    assert run(call, options(tables, second)) == 0  # again: nothing is left to do
    assert capsys.readouterr().out.count("all settings already") == 2


def settings_of(call: Call, table: str) -> dict[str, Any]:
    """All that a restore should carry over."""
    found = described(call, table)
    live = call("DescribeTimeToLive", {"TableName": table})["TimeToLiveDescription"]
    backups = table_settings.backups(call, table)
    return {
        "stream": found.get("StreamSpecification"),
        "key": table_settings.key_of(found),
        "protected": found.get("DeletionProtectionEnabled"),
        "time to live": (live["TimeToLiveStatus"], live.get("AttributeName")),
        "recovery": (backups["PointInTimeRecoveryStatus"], backups.get("RecoveryPeriodInDays")),
        "tags": sorted(table_settings.tags_of(call, found["TableArn"])),
    }


@pytest.fixture
def special(call: Call, tables: Tables) -> Iterator[int]:
    """Tables with every setting, and a second."""
    second = damaged(call, tables)
    for table in (tables.users, tables.keys):
        arn = described(call, table)["TableArn"]
        call("TagResource", {"ResourceArn": arn, "Tags": [{"Key": "team", "Value": "people"}]})
        call("UpdateTable", {"TableName": table, "DeletionProtectionEnabled": True})
        key = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY}
        call("UpdateTable", {"TableName": table, "SSESpecification": key})
    yield second
    for table in (tables.users, tables.keys):
        call("UpdateTable", {"TableName": table, "DeletionProtectionEnabled": False})


def test_the_settings_are_what_they_were(call, tables, made, special):
    made += Restore(call, (tables.users, tables.keys), special).targets
    assert run(call, options(tables, special)) == 0
    for source, target in zip((tables.users, tables.keys), made, strict=True):
        assert settings_of(call, target) == settings_of(call, source)
    assert settings_of(call, made[0])["stream"]["StreamEnabled"]
    assert settings_of(call, made[1])["time to live"] == ("ENABLED", "expiresAt")
    assert settings_of(call, made[1])["recovery"] == ("ENABLED", 7)
    assert settings_of(call, made[1])["key"] == KEY


STEPS = {  # the functions of a version that leaves one setting out
    "table_changes": lambda old, new: [],
    "time_to_live": lambda call, source, target: [],
    "recovery": lambda call, source, target: [],
    "tags": lambda call, old, new: [],
}


@pytest.mark.parametrize("name", STEPS)
def test_a_version_that_leaves_a_setting_out_is_found(call, tables, made, special, monkeypatch, name):
    monkeypatch.setattr(table_settings, name, STEPS[name])
    made += Restore(call, (tables.users, tables.keys), special).targets
    run(call, options(tables, special))
    pairs = zip((tables.users, tables.keys), made, strict=True)
    assert any(settings_of(call, target) != settings_of(call, source) for source, target in pairs)


class Killed(BaseException):
    """The end of the process."""


CHANGING = ("RestoreTableToPointInTime", "UpdateTable", "UpdateTimeToLive", "UpdateContinuousBackups", "TagResource")


def test_killed_at_any_call_it_goes_on(call, tables, made, special, tmp_path):
    """Ends after the first change, goes on and ends after the second, and so on until nothing is left."""
    state = tmp_path / "state"

    def ending(operation: str, request: dict[str, Any]) -> Any:
        answer = call(operation, request)
        if operation in CHANGING:
            raise Killed
        return answer

    time.sleep(1.1)  # `latest` is a second in which nothing was written
    now = taken(call, tables.users, tables.keys)
    moments, kills = set(), 0
    while True:
        try:
            assert run(ending, options(tables, "latest", state=str(state))) == 0
        except Killed:
            kills += 1
            moments.add(json.loads(state.read_text())["moment"])
            time.sleep(0.1)
            continue
        break
    [moment] = moments
    made += Restore(call, (tables.users, tables.keys), moment).targets
    assert kills == 12  # 2 each: restores, keys, protections, recoveries, tags; 1 each: stream, time to live
    assert taken(call, *made) == now
    for source, target in zip((tables.users, tables.keys), made, strict=True):
        assert settings_of(call, target) == settings_of(call, source)
    with pytest.raises(NotRestorable, match="is of other work"):
        run(call, options(tables, moment - 1, state=str(state)))


def test_another_table_of_the_name_is_left_alone(call, tables, made):
    second = damaged(call, tables)
    target = Restore(call, (tables.users, tables.keys), second).targets[0]
    made.append(target)
    keys = {"AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}], "BillingMode": "PAY_PER_REQUEST"}
    call("CreateTable", {"TableName": target, "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}], **keys})
    with pytest.raises(NotRestorable, match="is there and is no restore"):
        run(call, options(tables, second))


def test_what_cannot_be_restored_is_told(call, tables):
    with pytest.raises(NotRestorable, match="has no point-in-time recovery"):
        run(call, options(tables, 1_800_000_000))
    second = damaged(call, tables)
    for moment, reason in ((second - 3600, "can be restored from"), (second + 3600, "has not come")):
        with pytest.raises(NotRestorable, match=reason):
            run(call, options(tables, moment, write=False))


def test_without_write_nothing_is_made(call, tables, capsys):
    second = damaged(call, tables)
    assert run(call, options(tables, second, write=False)) == 0
    targets = Restore(call, (tables.users, tables.keys), second).targets
    assert capsys.readouterr().out.strip().endswith(" and ".join(targets))
    assert [restore.found_table(call, name) for name in targets] == [{}, {}]


def test_it_waits_until_the_moment_can_be_restored(call, tables, made):
    """On AWS the latest moment is some minutes ago."""
    second = damaged(call, tables)
    made += Restore(call, (tables.users, tables.keys), second).targets
    asked = []

    def late(operation: str, request: dict[str, Any]) -> Any:
        answer = call(operation, request)
        if operation == "DescribeContinuousBackups" and len(asked) < 6:
            asked.append(operation)
            found = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
            found["LatestRestorableDateTime"] = second - 1
        assert operation != "RestoreTableToPointInTime" or len(asked) == 6
        return answer

    assert run(late, options(tables, second)) == 0


def test_recovery_that_is_not_ready_is_asked_for_again(call, tables):
    answers = iter([RequestRejected(table_settings.NOT_YET, "", 400), None])

    def unready(operation: str, request: dict[str, Any]) -> Any:
        if operation == "UpdateContinuousBackups" and (error := next(answers)):
            raise error
        return call(operation, request)

    protect(call, Tables(tables.users, tables.users))
    assert table_settings.recovery(unready, tables.users, tables.keys) == ["point-in-time recovery"]


@pytest.mark.parametrize(
    ("text", "moment"), [("1970-01-01T00:01:00Z", 60), ("1970-01-01T01:01:00+01:00", 60), ("latest", "latest")]
)
def test_a_moment_has_a_zone_and_whole_seconds(text, moment):
    assert moment_in(text) == moment


@pytest.mark.parametrize("text", ["", "now", "2026-11-23T10:00:00", "2026-11-23T10:00:00.5Z", "2026-11-23"])
def test_another_moment_is_rejected(text):
    with pytest.raises(ArgumentTypeError):
        moment_in(text)
