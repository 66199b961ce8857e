"""The order of the steps, which no message may be lost between; and wrong versions, each caught."""

from __future__ import annotations

import pytest

from consumers.push_live_updates import NotPushed, push_live_updates
from sockets.handle_message import subscribe
from tests.unit.live import wrong
from tests.unit.live.stand_ins import EVENT, Connections, Recent, Sockets, nobody, person
from utils.consumer import Event

CHANGE = Event("UserUpdated", EVENT)
MESSAGE = {"action": "subscribe", "to": "users", "after": 5}


def the_log_comes_before_the_subscribers(push):
    log = []
    push(CHANGE, Connections(log, all=["a"]), Recent(log=log), Sockets(log=log), nobody)
    assert log[0] == "logged"
    assert log[-1] == "sent"


def each_subscriber_gets_the_message_once(push):
    sockets = Sockets()
    push(CHANGE, Connections(all=["a", "b"], one=["b", "c"]), Recent(), sockets, nobody)
    assert [connection for connection, _ in sockets.sent] == ["a", "b", "c"]
    assert {message["place"] for _, message in sockets.sent} == {7}


def a_connection_that_is_gone_is_closed(push):
    connections = Connections(all=["a"])
    push(CHANGE, connections, Recent(), Sockets(gone=("a",)), nobody)
    assert "closed a" in connections.log


def what_a_connection_did_not_take_comes_again(push):
    with pytest.raises(NotPushed):
        push(CHANGE, Connections(all=["a"]), Recent(), Sockets(failed=("a",)), nobody)


def a_message_has_no_email_and_no_caller(push):
    sockets = Sockets()
    push(CHANGE, Connections(all=["a"]), Recent(), sockets, nobody)
    assert "example.com" not in str(sockets.sent)
    assert "actor" not in str(sockets.sent)


def decided(push, find=person, type_="UserUpdated", changed=("status",), **sockets):
    """What a push about a decision did with connections, in order."""
    log: list[str] = []
    event = Event(type_, {**EVENT, "changed": list(changed)})
    push(event, Connections(log), Recent(), Sockets(log=log, **sockets), find)
    return [each for each in log if each.startswith(("shut", "ended", "closed"))]


def a_person_about_whom_something_is_decided_is_shut_out(push):
    ended = ["shut out sub:ann", "ended mine", "ended other", "closed mine", "closed other"]
    for changed in (["status"], ["roles"], ["name", "signedOutAt"]):
        found = decided(push, changed=changed)
        assert [*found[:3], *sorted(found[3:])] == ended
    assert decided(push, type_="UserDeleted", changed=[])[:1] == ended[:1]


def nobody_else_is_shut_out(push):
    assert decided(push, changed=["name", "email"]) == []
    assert decided(push, type_="UserCreated", changed=["name"]) == []
    assert decided(push, find=nobody) == []


def a_connection_that_does_not_end_comes_again(push):
    with pytest.raises(NotPushed):
        decided(push, still_open=("mine",))


def the_subscription_comes_before_the_log(subscription):
    log = []
    subscription("one", MESSAGE, Connections(log), Recent([], log))
    assert log == ["subscribed one", "read the log"]


def a_gap_is_told(subscription):
    assert subscription("one", MESSAGE, Connections(), Recent(None))["gap"] is True
    assert subscription("one", MESSAGE, Connections(), Recent([]))["gap"] is False


OF_PUSH = [
    the_log_comes_before_the_subscribers,
    each_subscriber_gets_the_message_once,
    a_connection_that_is_gone_is_closed,
    what_a_connection_did_not_take_comes_again,
    a_message_has_no_email_and_no_caller,
    a_person_about_whom_something_is_decided_is_shut_out,
    nobody_else_is_shut_out,
    a_connection_that_does_not_end_comes_again,
]
OF_SUBSCRIPTION = [the_subscription_comes_before_the_log, a_gap_is_told]


@pytest.mark.parametrize("promise", OF_PUSH, ids=lambda it: it.__name__)
def test_a_push_keeps_its_promises(promise):
    promise(push_live_updates)


@pytest.mark.parametrize("promise", OF_SUBSCRIPTION, ids=lambda it: it.__name__)
def test_a_subscription_keeps_its_promises(promise):
    promise(subscribe)


def broken(promises, version):
    found = []
    for promise in promises:
        try:
            promise(version)
        except (AssertionError, pytest.fail.Exception):
            found.append(promise.__name__)
    return found


@pytest.mark.parametrize("push", wrong.PUSHES, ids=lambda it: it.__name__)
def test_a_wrong_push_is_caught(push):
    assert broken(OF_PUSH, push)


@pytest.mark.parametrize("subscription", wrong.SUBSCRIPTIONS, ids=lambda it: it.__name__)
def test_a_wrong_subscription_is_caught(subscription):
    assert broken(OF_SUBSCRIPTION, subscription)
