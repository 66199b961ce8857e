"""Expressions, as text."""

from __future__ import annotations

import pytest

from users.expressions import Expression
from utils.preconditions import ANY, Precondition


def test_a_condition_collects_names_and_values():
    made = Expression().require_exists("userId").require("version", "=", 3).condition(TableName="T")
    assert made == {
        "TableName": "T",
        "ConditionExpression": "attribute_exists(#userId) AND #version = :0",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        "ExpressionAttributeNames": {"#userId": "userId", "#version": "version"},
        "ExpressionAttributeValues": {":0": {"N": "3"}},
    }


def test_a_condition_without_values_sends_none():
    assert "ExpressionAttributeValues" not in Expression().require_absent("key").condition()


def test_absent_may_have_an_exception():
    made = Expression().require_absent("key", ("expiresAt", "<=", 5)).require("a", "<>", "b").condition()
    assert made["ConditionExpression"] == "(attribute_not_exists(#key) OR #expiresAt <= :0) AND #a <> :1"
    assert made["ExpressionAttributeValues"] == {":0": {"N": "5"}, ":1": {"S": "b"}}


@pytest.mark.parametrize(
    ("precondition", "text", "values"),
    [
        (Precondition(), "", []),
        (Precondition(match=ANY), "", []),
        (Precondition(match=[1, 2]), " AND #version IN (:0, :1)", ["1", "2"]),
        (Precondition(match=[]), " AND #version IN (:0)", ["0"]),
        (Precondition(none_match=ANY), " AND #version IN (:0)", ["0"]),
        (Precondition(none_match=[]), "", []),
        (Precondition(none_match=[4]), " AND NOT #version IN (:0)", ["4"]),
        (Precondition([1], [2]), " AND #version IN (:0) AND NOT #version IN (:1)", ["1", "2"]),
    ],
)
def test_a_precondition_is_part_of_the_condition(precondition, text, values):
    made = Expression().require_exists("id").require_version(precondition).condition()
    assert made["ConditionExpression"] == "attribute_exists(#id)" + text
    assert [value["N"] for value in made.get("ExpressionAttributeValues", {}).values()] == values


def test_an_update_sets_removes_and_raises_the_version():
    expression = Expression()
    assert expression.update({"name": "A"}, ["age"]) == "SET #name = :0, #version = #version + :1 REMOVE #age"
    assert expression.values == {":0": {"S": "A"}, ":1": {"N": "1"}}
    assert Expression().update({}, []) == "SET #version = #version + :0"
    assert Expression().update({}, ["a", "b"]).endswith(" REMOVE #a, #b")
