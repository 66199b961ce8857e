"""The garbage collector does not look at the tables again."""

from __future__ import annotations

import gc

import pytest

from local.aws.garbage import loading, survivors_frozen


@pytest.fixture(autouse=True)
def thawed():
    yield
    gc.unfreeze()


def looked_at(thing: object) -> bool:
    """Whether a full collection looks at an object."""
    return any(one is thing for one in gc.get_objects())


def test_what_is_loaded_is_not_looked_at_again():
    with loading():
        item = {"userId": {"S": []}}
    assert not looked_at(item)


def test_nothing_is_collected_while_loading():
    with loading():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_new_item_is_looked_at_by_one_full_collection_only():
    with survivors_frozen():
        item = {"userId": {"S": []}}
        gc.collect(1)
        assert looked_at(item)
        gc.collect()
        assert not looked_at(item)


def test_a_frozen_item_is_freed_when_the_table_lets_it_go():
    class Item(dict[str, object]):
        gone = False

        def __del__(self) -> None:
            Item.gone = True

    with loading():
        table = {"1": Item()}
    del table["1"]
    assert Item.gone


def test_the_collector_is_left_alone_afterwards():
    before = list(gc.callbacks)
    with survivors_frozen():
        pass
    assert gc.callbacks == before
