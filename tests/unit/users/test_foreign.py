"""What of an item that another tool wrote is ours; what such items do on every database is in tests/contract."""

from __future__ import annotations

import json
import time

import pytest
from awslambdaric.lambda_runtime_log_utils import JsonFormatter

from users.foreign import is_user, latest_time, left_out, name_of, user_in
from users.reading import user_from
from users.user import User

ID = "00000000-0000-4000-8000-000000000000"
OLD, NOW = "2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"
WHOLE = {
    name: {"S": OLD if name.endswith("At") else ID} for name in ("userId", "name", "email", "createdAt", "updatedAt")
}


@pytest.mark.parametrize(
    ("typed", "version"),
    [
        (None, 1),
        ({}, 1),
        ({"N": "7"}, 7),
        ({"N": "7.9"}, 7),
        ({"N": "0.5"}, 1),
        ({"N": "-7"}, 1),
        ({"N": "1E2"}, 1),
        ({"N": "9" * 15}, 10**15 - 1),
        ({"N": "9" * 16}, 1),
        ({"S": "7"}, 1),
        ({"NULL": True}, 1),
        ({"L": []}, 1),
    ],
)
def test_a_version_is_a_whole_number_that_can_rise(typed, version):
    assert user_in({**WHOLE, "version": typed} if typed is not None else WHOLE).version == version


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("typed", [{"N": "1"}, {"NULL": True}, {"BOOL": True}, {"M": {}}, {"SS": ["a"]}, {}])
def test_a_member_of_another_type_is_absent_and_its_item_no_user(name, typed):
    if name == "userId":
        return
    user = user_from({**WHOLE, name: typed, "version": {"N": "1"}})
    assert name not in user
    assert not is_user(user)


def test_a_user_has_an_id_that_can_be_asked_for():
    assert is_user(user_in(WHOLE))
    assert not is_user(user_in({**WHOLE, "userId": {"S": "7"}}))


def test_a_key_that_may_be_personal_is_logged_as_a_digest():
    assert name_of(ID) == ID
    assert "ann" not in name_of("ann@example.com")
    assert name_of("ann@example.com") != name_of("bob@example.com")


@pytest.mark.parametrize(
    ("created", "updated", "latest"),
    [
        (OLD, OLD, NOW),
        ("2027-01-01T00:00:00.000Z", OLD, "2027-01-01T00:00:00.000Z"),
        (OLD, "2027-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"),
        ("January 1", "yesterday", NOW),
        ("2027-01-01T00:00:00+00:00", "2027-01-01", NOW),
        ("٢٠٢٧-01-01T00:00:00.000Z", "2027-01-01 00:00:00.000Z", NOW),
    ],
)
def test_the_latest_time_is_one_that_is_written_as_ours(created, updated, latest):
    assert latest_time(NOW, User({"createdAt": created, "updatedAt": updated}, 1)) == latest
    assert latest_time(NOW, User({}, 1)) == NOW


def test_the_line_is_a_metric_in_AWS_s_own_format(caplog):
    """As Lambda's JSON logging writes it: the specification of the embedded metric format asks for these."""
    left_out("Users", [ID, "ann@example.com"])
    line = json.loads(JsonFormatter().format(caplog.records[0]))
    assert line["message"] == "items_left_out"
    assert abs(line["_aws"]["Timestamp"] / 1000 - time.time()) < 60
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert set(directive) == {"Namespace", "Dimensions", "Metrics"}
    assert all(isinstance(line[name], str) for names in directive["Dimensions"] for name in names)
    assert [line[metric["Name"]] for metric in directive["Metrics"]] == [2]
    assert "ann" not in json.dumps(line)
