"""The record of a picture, on a real database: who wins, and that nobody shows what is gone."""

from __future__ import annotations

import itertools

import pytest

from pictures.errors import AvatarNotFound
from utils.errors import ServiceUnavailable

ORDERS = list(itertools.permutations(["1-a", "2-b", "3-c"]))


@pytest.mark.parametrize("order", ORDERS)
def test_the_latest_ticket_wins_in_any_order(studio, order):
    user = studio.user()
    for ticket in order:
        studio.records.point(user, ticket, f"of {ticket}")
    assert studio.records.find(user)["digest"] == "of 3-c"


def test_a_picture_that_came_too_late_is_told(studio):
    user = studio.user()
    assert [studio.records.point(user, ticket, "d") for ticket in ("2-b", "1-a", "3-c")] == [True, False, True]


def test_a_repetition_is_told_that_its_picture_is_shown(studio):
    user = studio.user()
    assert [studio.records.point(user, "1-a", "d") for _ in range(3)] == [True] * 3


def test_a_ticket_counts_once(studio):
    user = studio.user()
    assert [studio.records.point(user, "1-a", digest) for digest in ("one", "two")] == [True, False]


def test_a_user_that_is_gone_gets_no_picture(studio):
    user = studio.user()
    studio.delete_user(user)
    assert not studio.records.point(user, "1-a", "d")
    with pytest.raises(AvatarNotFound):
        studio.records.find(user)


def test_a_repetition_after_the_user_is_gone_is_told_so(studio):
    user = studio.user()
    studio.records.point(user, "1-a", "d")
    studio.delete_user(user)
    assert not studio.records.point(user, "1-a", "d")


def test_a_removed_picture_is_not_found_and_earlier_uploads_do_not_bring_it_back(studio):
    user = studio.user()
    studio.records.point(user, "1-a", "d")
    studio.records.remove(user, "3-x")
    assert not studio.records.point(user, "2-b", "d")
    with pytest.raises(AvatarNotFound):
        studio.records.find(user)
    assert studio.records.point(user, "4-c", "d")


def test_a_removal_counts_even_if_its_clock_is_behind(studio):
    user = studio.user()
    studio.records.point(user, "5-a", "d")
    studio.records.remove(user, "1-x")
    with pytest.raises(AvatarNotFound):
        studio.records.find(user)
    assert not studio.records.point(user, "5-a", "d")


@pytest.mark.parametrize("before", [[], ["1-a"]])
def test_there_is_nothing_to_remove_twice(studio, before):
    user = studio.user()
    for ticket in before:
        studio.records.point(user, ticket, "d")
        studio.records.remove(user, "2-x")
    with pytest.raises(AvatarNotFound):
        studio.records.remove(user, "3-x")


def test_a_removal_whose_response_was_lost_is_done(studio):
    user = studio.user()
    studio.records.point(user, "1-a", "d")
    plain = studio.records._call

    def twice(operation, request):
        if operation == "PutItem":
            plain(operation, request)
        return plain(operation, request)

    studio.records._call = twice
    studio.records.remove(user, "2-x")


def test_a_removal_that_always_meets_another_change_gives_up(studio):
    user = studio.user()
    studio.records.point(user, "0-a", "d")
    plain, tickets = studio.records._call, iter("123456789")

    def meeting(operation, request):
        if operation == "PutItem":
            item = {"userId": {"S": user}, "ticket": {"S": next(tickets)}, "digest": {"S": "d"}}
            plain(operation, {"TableName": request["TableName"], "Item": item})
        return plain(operation, request)

    studio.records._call = meeting
    with pytest.raises(ServiceUnavailable):
        studio.records.remove(user, "9-x")


def test_a_record_is_forgotten(studio):
    user = studio.user()
    studio.records.point(user, "1-a", "d")
    studio.records.forget(user)
    with pytest.raises(AvatarNotFound):
        studio.records.find(user)
