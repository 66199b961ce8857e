"""The orders of a table follow each change of its dictionaries, whoever makes it."""

from __future__ import annotations

import copy
import threading
from collections import defaultdict

import pytest

from local.aws.emulator.internals import DynamoDB
from local.aws.tables.items import Items, Partition
from local.aws.tables.pages import Pages

# Every method of dict that changes it.
CHANGING = ("__setitem__", "__delitem__", "__ior__", "clear", "pop", "popitem", "setdefault", "update")
NAME = "Items"


def order_of(items: Items) -> list[tuple[str, str]]:
    """The keys in the order of a Scan."""
    return list(items.order(None, lambda key, _item: key).rows)


def keys_of(items: Items) -> list[tuple[str, str]]:
    """The keys that the dictionaries have."""
    return sorted(key for key, _ in items.each())


@pytest.fixture
def items():
    made = Items({"b": {"1": {}, "2": {}}, "a": {"1": {}}})
    assert order_of(made) == [("a", "1"), ("b", "1"), ("b", "2")]
    return made


def change(*steps):
    """A test case for each way in which a table can change without the functions of ministack."""
    return pytest.mark.parametrize("step", steps)


def add(items):
    items.setdefault("c", {})["1"] = {}


def add_missing(items):
    items["c"]["1"] = {}


def replace_partition(items):
    items["b"] = {"3": {}}


def delete_item(items):
    del items["b"]["1"]


def pop_item(items):
    items["b"].pop("2", None)


def delete_partition(items):
    del items["b"]


def pop_partition(items):
    items.pop("b")


@change(add, add_missing, replace_partition, delete_item, pop_item, delete_partition, pop_partition)
def test_a_change_past_ministacks_functions_reaches_the_order(items, step):
    before = order_of(items)
    step(items)
    assert order_of(items) == keys_of(items) != before


@pytest.mark.parametrize("kind", [Items, Partition])
def test_no_way_to_change_a_dictionary_is_left_to_it(kind):
    assert {name for name in CHANGING if name not in vars(kind)} == set()


@pytest.mark.parametrize("step", ["clear", "popitem", "update"])
def test_a_change_that_the_orders_cannot_follow_is_an_error(items, step):
    for dictionary in (items, items["a"]):
        with pytest.raises(NotImplementedError, match="one by one"):
            getattr(dictionary, step)()


def test_a_copy_has_no_orders_and_plain_dictionaries(items):
    copied = copy.deepcopy(items)
    assert type(copied) is defaultdict
    assert {type(part) for part in copied.values()} == {dict}
    assert {type(part) for part in copy.deepcopy(dict(items)).values()} == {dict}


def test_a_table_whose_items_are_replaced_as_a_whole_gets_a_new_order():
    dynamodb = DynamoDB()
    table = {"TableName": NAME, "pk_name": "id", "sk_name": None, "items": defaultdict(dict)}
    pages = Pages(dynamodb)
    try:
        dynamodb.tables[NAME] = table
        table["items"]["a"]["1"] = {"id": {"S": "a"}}
        assert b'"Count": 1' in pages.scan({"TableName": NAME})[2]
        table["items"] = defaultdict(dict)  # a path that tells nobody
        assert b'"Count": 0' in pages.scan({"TableName": NAME})[2]
    finally:
        dynamodb.tables.pop(NAME, None)


def test_another_thread_changes_items_while_pages_are_read():
    items = Items({f"{number:04}": {"1": {}} for number in range(2000)})
    order_of(items)

    def expire() -> None:
        for number in range(0, 2000, 2):
            items[f"{number:04}"].pop("1")
            del items[f"{number:04}"]

    expiring = threading.Thread(target=expire)
    expiring.start()
    while expiring.is_alive():
        with items.lock:
            assert order_of(items) == keys_of(items)
    expiring.join()
    assert len(order_of(items)) == 1000
