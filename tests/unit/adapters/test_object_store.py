"""Objects of a real bucket."""

from __future__ import annotations

import uuid

import pytest
from botocore.exceptions import ClientError

from adapters.object_store import NotDeleted, ObjectStore

pytestmark = pytest.mark.slow


@pytest.fixture
def store(emulator):
    name = f"objects-{uuid.uuid4().hex[:12]}"
    emulator.client("s3").create_bucket(Bucket=name)
    return ObjectStore(emulator.client("s3"), name)


def test_what_is_written_is_read(store):
    store.put("a/b", b"content", "image/webp")
    assert store.get("a/b", 100) == b"content"


def test_an_object_never_changes_and_caches_are_told_so(store):
    store.put("a/b", b"content", "image/webp")
    found = store._client.head_object(Bucket=store._bucket, Key="a/b")
    assert found["ContentType"] == "image/webp"
    assert "immutable" in found["CacheControl"]
    assert "private" in found["CacheControl"]


def test_no_more_is_read_than_asked_for_and_one_byte(store):
    store.put("a", b"x" * 100, "image/webp")
    assert len(store.get("a", 10)) == 11


def test_an_object_that_is_not_there_is_none(store):
    assert store.get("a", 10) is None


def test_another_refusal_is_raised(emulator):
    with pytest.raises(ClientError, match="NoSuchBucket"):
        ObjectStore(emulator.client("s3"), "no-such-bucket").get("a", 10)


def test_more_objects_than_one_call_takes_are_listed_and_deleted(store):
    for number in range(1005):
        store.put(f"a/{number}", b"", "image/webp")
    store.put("b/1", b"", "image/webp")
    assert len(list(store.keys("a/"))) == 1005
    store.delete(store.keys("a/"))
    assert list(store.keys("")) == ["b/1"]


def test_to_delete_what_is_gone_is_no_error(store):
    store.delete(["a", "b"])


def test_an_object_that_was_kept_is_told():
    class Client:
        def delete_objects(self, **_):
            return {"Errors": [{"Key": "a", "Code": "SlowDown"}]}

    with pytest.raises(NotDeleted, match="SlowDown"):
        ObjectStore(Client(), "b").delete(["a"])
