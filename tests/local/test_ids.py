"""The ids of requests: in the form that API Gateway and Lambda give them, none twice."""

from __future__ import annotations

import base64
import re
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.wire import ids

pytestmark = pytest.mark.local_only


def test_a_request_id_is_a_random_uuid():
    for _ in range(100):
        text = ids.request_id()
        read = uuid.UUID(text)
        assert (read.version, read.variant, str(read)) == (4, uuid.RFC_4122, text)


def test_every_digit_but_the_versions_and_the_variants_is_random():
    columns = zip(*(ids.request_id() for _ in range(500)), strict=True)
    seen = [len(set(column)) for column in columns]
    assert [seen.pop(index) for index in (23, 19, 18, 14, 13, 8)] == [1, 4, 1, 1, 1, 1]
    assert set(seen) == {16}


def test_no_id_comes_twice_whatever_threads_ask():
    with ThreadPoolExecutor(8) as pool:
        made = [name for part in pool.map(lambda _: [ids.request_id() for _ in range(1000)], range(8)) for name in part]
    assert len(set(made)) == 8000


def test_the_extended_id_and_the_trace_have_aws_form():
    assert len(base64.b64decode(ids.extended_id())) == 11
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", ids.trace_root())
