"""`make run` with SignIn=true: an administrator has a person erased, from every place of the stack."""

from __future__ import annotations

import json
import time

import pytest

from tests.local.test_sign_in import call, server, sign_in  # noqa: F401 - fixtures
from tests.support.sign_in import Refused

pytestmark = pytest.mark.local_only
SECONDS = 30


@pytest.fixture(scope="module")
def boss(sign_in):  # noqa: F811
    """A token of an administrator."""
    sign_in.add("boss@example.com", "admins")
    return sign_in.person("boss@example.com", "users/admin", "users/self")


def soon(look, wanted, seconds=SECONDS):
    """What is there as soon as `wanted(it)`."""
    end = time.monotonic() + seconds
    while not wanted(found := look()):
        assert time.monotonic() < end, found
        time.sleep(0.2)
    return found


def everything(server):  # noqa: F811
    """All that the stack keeps now, as text by place."""
    dynamodb, s3 = server.client("dynamodb"), server.client("s3")
    kept = {}
    for table in dynamodb.list_tables()["TableNames"]:
        items = [item for page in dynamodb.get_paginator("scan").paginate(TableName=table) for item in page["Items"]]
        kept[table] = json.dumps(items)
    for bucket in s3.list_buckets()["Buckets"]:
        found = s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", ())
        kept[bucket["Name"]] = json.dumps([each["Key"] for each in found])
    return kept


def test_a_person_is_erased_from_every_place(server, sign_in, call, boss):  # noqa: F811
    subject = sign_in.add("erika@example.com", name="Erika Musterfrau")
    token = sign_in.person("erika@example.com")
    user_id = call("GET", "/users/me", token)[1]["userId"]
    path = f"/admin/users/{user_id}"
    assert call("GET", f"{path}/erasure", boss)[1]["code"] == "erasure_not_found"
    assert call("POST", f"{path}/disable", boss, **{"Idempotency-Key": "kept"})[0] == 200
    assert call("POST", f"{path}/erase", token)[0] == 403
    me = call("GET", "/users/me", boss)[1]["userId"]
    assert call("POST", f"/admin/users/{me}/erase", boss)[1]["code"] == "own_administration"
    nobody = "3f9c2a10-5b7e-4c1d-9e8f-0a1b2c3d4e5f"
    assert call("POST", f"/admin/users/{nobody}/erase", boss)[1]["code"] == "user_not_found"

    status, receipt, headers = call("POST", f"{path}/erase", boss)
    assert (status, receipt["status"], receipt["userId"]) == (202, "running", user_id)
    assert headers["Location"].endswith(f"{path}/erasure")
    status, again, _ = call("POST", f"{path}/erase", boss)
    assert (status, again["requestedAt"]) == (202, receipt["requestedAt"])

    def nothing_remains(seen):
        """The letter about the deletion goes in the second round."""
        left = {each["place"]: each["remaining"] for each in seen["places"]}
        looked = all("lookedAt" in each for each in seen["places"])
        return looked and len(left) == 10 and left.pop("letters") <= 1 and not any(left.values())

    seen = soon(lambda: call("GET", f"{path}/erasure", boss)[1], nothing_remains)
    erased = {each["place"]: each["erased"] for each in seen["places"]}
    assert (erased["identity"], erased["record"], erased["claims"]) == (1, 1, 1)
    assert call("GET", "/users/me", token)[0] == 404
    with pytest.raises(Refused):
        sign_in.tokens("erika@example.com")
    kept = everything(server)
    assert [place for place, text in kept.items() if "erika@example.com" in text or "Erika" in text] == []
    with_ids = {place for place, text in kept.items() if user_id in text or subject in text}
    stays = ("Erasures", "Audit", "UserKeys", "WebhookDeliveries", "Live", "UserSearch")
    assert {place for place in with_ids if not any(it in place for it in stays)} == set()


@pytest.mark.deep
def test_a_completed_erasure_is_verified_and_in_the_audit_trail(sign_in, call, boss):  # noqa: F811
    sign_in.add("eva@example.com")
    user_id = call("GET", "/users/me", sign_in.person("eva@example.com"))[1]["userId"]
    path = f"/admin/users/{user_id}"
    assert call("POST", f"{path}/erase", boss)[0] == 202
    done = soon(lambda: call("GET", f"{path}/erasure", boss)[1], lambda it: it["status"] == "completed", 90)
    assert done["verified"], done
    assert {each["what"] for each in done["forgets"]} >= {"eventArchive", "backups", "transferFiles"}
    trail = soon(
        lambda: call("GET", f"/users/{user_id}/audit", boss)[1]["entries"], lambda it: it[0]["type"] == "UserErased"
    )
    assert trail[0]["actor"] == done["requestedBy"]
    assert trail[0]["previous"] == trail[1]["digest"]
    status, again, _ = call("POST", f"{path}/erase", boss)
    assert (status, again["requestedAt"], again["status"]) == (202, done["requestedAt"], "running")
