"""Capacity units by DynamoDB's rules."""

from __future__ import annotations

import pytest

from benchmarks.capacity.meter import expected, item_bytes, noted


def put(size: int) -> dict[str, object]:
    return {"Put": {"Item": {"k": {"S": "x" * (size - 1)}}}}


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"k": {"S": "abc"}}, 4),
        ({"k": {"S": "é"}}, 3),
        ({"n": {"N": "1"}}, 3),
        ({"n": {"N": "151"}}, 4),
        ({"n": {"N": "1767225600"}}, 6),
    ],
)
def test_an_items_size_is_its_names_and_values(item, size):
    assert item_bytes(item) == size


@pytest.mark.parametrize(("size", "units"), [(10, 1), (4096, 1), (4097, 2)])
def test_a_consistent_read_pays_for_each_4_kb(size, units):
    answer = {"Item": {"k": {"S": "x" * (size - 1)}}}
    assert expected("GetItem", {"ConsistentRead": True}, answer) == (units, 0)
    assert expected("GetItem", {}, answer) == (units / 2, 0)


def test_reading_what_is_not_there_pays_one_unit():
    assert expected("GetItem", {"ConsistentRead": True}, {}) == (1, 0)


def test_a_page_pays_for_the_bytes_of_all_its_items_together():
    items = [{"k": {"S": "x" * 199}}] * 100
    assert expected("Scan", {"ConsistentRead": True}, {"Items": items}) == (5, 0)


def test_a_batch_pays_for_each_item_and_for_each_key_without_one():
    items = [{"k": {"S": "x" * 4095}}, {"k": {"S": "x" * 4096}}]
    part: dict[str, object] = {"Keys": [{}] * 4, "ConsistentRead": True}
    assert expected("BatchGetItem", {"RequestItems": {"T": part}}, {"Responses": {"T": items}}) == (1 + 2 + 2, 0)
    left = {"Responses": {"T": items}, "UnprocessedKeys": {"T": {"Keys": [{}] * 2}}}
    assert expected("BatchGetItem", {"RequestItems": {"T": part}}, left) == (1 + 2, 0)
    assert expected("BatchGetItem", {"RequestItems": {"T": {"Keys": [{}] * 3}}}, {}) == (1.5, 0)


def test_a_transaction_pays_twice_for_each_kb_of_each_item():
    request = {"TransactItems": [put(100), put(1025), {"Delete": {"Key": {}}}]}
    assert expected("TransactWriteItems", request, {}) == (0, 2 + 4 + 2)


def test_a_write_pays_for_each_kb():
    assert expected("PutItem", {"Item": put(2049)["Put"]["Item"]}, {}) == (0, 3)


def test_what_the_database_reports_is_noted_beside_it():
    call = noted(
        "TransactWriteItems",
        200,
        {"TransactItems": [put(10), put(10)]},
        {"ConsumedCapacity": [{"CapacityUnits": 2}, {"CapacityUnits": 2}]},
    )
    assert (call.writes, call.expected_writes, call.reads) == (4, 4, 0)
    call = noted("GetItem", 200, {"ConsistentRead": True}, {"ConsumedCapacity": {"CapacityUnits": 1}})
    assert (call.reads, call.expected_reads) == (1, 1)


def test_the_units_of_indexes_come_on_top():
    request = {"TransactItems": [put(10)]}
    assert noted("TransactWriteItems", 200, request, {}, of_indexes=3.0).expected_writes == 5
