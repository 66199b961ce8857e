"""Plain values to typed ones and back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamodb.values import from_item, from_value, to_item, to_value

VALUES = st.one_of(st.text(), st.integers(min_value=-(10**38) + 1, max_value=10**38 - 1))


def test_a_str_becomes_s_and_an_int_becomes_n():
    assert to_item({"name": "Ann", "age": 30}) == {"name": {"S": "Ann"}, "age": {"N": "30"}}


@settings(deadline=None)
@given(st.dictionaries(st.text(min_size=1), VALUES))
def test_an_item_comes_back_as_it_went(values):
    assert from_item(to_item(values)) == values


@settings(deadline=None)
@given(st.dictionaries(st.text(min_size=1), VALUES))
def test_an_item_is_what_boto3_makes_of_the_same_values(values):
    types = pytest.importorskip("boto3.dynamodb.types")
    serializer = types.TypeSerializer()
    assert to_item(values) == {name: serializer.serialize(value) for name, value in values.items()}


@pytest.mark.parametrize("value", [True, None, 1.5, b"x", [], {}, {"a"}])
def test_any_other_type_is_refused_by_name(value):
    with pytest.raises(TypeError, match=type(value).__name__):
        to_value(value)


@pytest.mark.parametrize(
    "typed", [{}, {"S": "a", "N": "1"}, {"BOOL": True}, {"NULL": True}, {"B": "eA=="}, {"L": []}, {"N": "1.5"}]
)
def test_any_other_typed_value_is_refused(typed):
    with pytest.raises(TypeError):
        from_value(typed)


def test_what_is_refused_is_not_quoted():
    with pytest.raises(TypeError) as refused:
        to_item({"email": b"ann@example.com"})
    assert "ann" not in str(refused.value)
