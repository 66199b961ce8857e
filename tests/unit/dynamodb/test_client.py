"""Calls: what is sent, what is retried, what is uncertain, when it gives up."""

from __future__ import annotations

import json
import threading
from binascii import crc32

import pytest

from dynamodb import client as client_module
from dynamodb.client import Client, from_environment
from dynamodb.errors import (
    ConditionalCheckFailed,
    ConfigurationError,
    NoResponse,
    RequestRejected,
    Throttled,
    TransactionCanceled,
    Unavailable,
)
from dynamodb.retries import CAPACITY, COST, THROTTLED_COST, Budget
from tests.unit.dynamodb.fakes import World, failure, ok
from utils.deadline import LEAST_TIME, Deadline

LOST = NoResponse("reset", sent=True)
UNSENT = NoResponse("refused", sent=False)
STALE = NoResponse("kept connection was dead", sent=True, stale=True)
STALE_UNSENT = NoResponse("kept connection was dead", sent=False, stale=True)
THROTTLE = failure(400, "ProvisionedThroughputExceededException")
INTERNAL = failure(500, "InternalServerError")
CONDITION = failure(400, "ConditionalCheckFailedException", Item={"version": {"N": "2"}})


def test_a_call_sends_the_operation_and_the_json_and_returns_the_answer():
    world = World(ok(Item={"name": {"S": "Ann"}}))
    assert world.call() == {"Item": {"name": {"S": "Ann"}}}
    assert world.transport.sent == [("GetItem", b'{"TableName": "Users"}', 60)]


def test_opening_is_the_transports_business():
    world = World(ok())
    world.client.open(0.5)
    assert world.transport.opened == [0.5]


@pytest.mark.parametrize("outcome", [LOST, UNSENT, THROTTLE, INTERNAL, failure(503, "ServiceUnavailable")])
def test_what_may_pass_is_tried_again(outcome):
    world = World(outcome, outcome, ok(found=True))
    assert world.call() == {"found": True}
    assert len(world.slept) == 2


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (LOST, Unavailable),
        (INTERNAL, Unavailable),
        (THROTTLE, Throttled),
        (failure(400, "TransactionInProgressException"), Throttled),
        (failure(400, "TransactionConflictException"), Throttled),
        (failure(400, "RequestTimeout"), Unavailable),
    ],
)
def test_what_does_not_pass_is_raised_after_four_attempts(outcome, error):
    world = World(outcome)
    with pytest.raises(error):
        world.call()
    assert len(world.transport.sent) == 4


@pytest.mark.parametrize(
    ("outcome", "error", "code"),
    [
        (CONDITION, ConditionalCheckFailed, "ConditionalCheckFailedException"),
        (failure(400, "TransactionCanceledException"), TransactionCanceled, "TransactionCanceledException"),
        (failure(400, "ValidationException"), RequestRejected, "ValidationException"),
        (failure(400, "AccessDeniedException"), RequestRejected, "AccessDeniedException"),
        (failure(400, "ResourceNotFoundException"), RequestRejected, "ResourceNotFoundException"),
        ((404, {}, b"<html>not here</html>"), RequestRejected, "404"),
        ((301, {}, b""), RequestRejected, "301"),
    ],
)
def test_what_will_not_pass_is_raised_at_once(outcome, error, code):
    world = World(outcome)
    with pytest.raises(error) as raised:
        world.call()
    assert type(raised.value) is error
    assert raised.value.code == code
    assert not raised.value.uncertain
    assert len(world.transport.sent) == 1


def test_a_failed_condition_brings_the_item():
    with pytest.raises(ConditionalCheckFailed) as raised:
        World(CONDITION).call()
    assert raised.value.item == {"version": {"N": "2"}}
    with pytest.raises(ConditionalCheckFailed) as raised:
        World(failure(400, "ConditionalCheckFailedException")).call()
    assert raised.value.item is None


def test_a_cancelled_transaction_brings_its_reasons_in_order():
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": "no", "Item": {"key": {"S": "k"}}}]
    with pytest.raises(TransactionCanceled) as raised:
        World(failure(400, "TransactionCanceledException", CancellationReasons=reasons)).call()
    assert raised.value.reasons == reasons


def test_the_error_carries_what_support_asks_for():
    with pytest.raises(RequestRejected) as raised:
        World(failure(400, "ValidationException", {"x-amzn-requestid": "ABC"})).call()
    error = raised.value
    assert (error.code, error.message, error.status, error.request_id) == ("ValidationException", "why", 400, "ABC")


@pytest.mark.parametrize("before", [LOST, INTERNAL, STALE])
def test_a_refusal_after_an_attempt_that_may_have_taken_effect_is_uncertain(before):
    with pytest.raises(ConditionalCheckFailed) as raised:
        World(before, CONDITION).call()
    assert raised.value.uncertain


@pytest.mark.parametrize("before", [UNSENT, THROTTLE, STALE_UNSENT, failure(400, "TransactionConflictException")])
def test_a_refusal_after_attempts_that_took_no_effect_is_certain(before):
    with pytest.raises(ConditionalCheckFailed) as raised:
        World(before, CONDITION).call()
    assert not raised.value.uncertain


def test_uncertainty_outlives_later_attempts_that_were_certain():
    with pytest.raises(Throttled) as raised:
        World(LOST, THROTTLE, THROTTLE, THROTTLE).call()
    assert raised.value.uncertain


def test_the_last_attempt_counts_too():
    with pytest.raises(Unavailable) as raised:
        World(UNSENT, UNSENT, UNSENT, LOST).call()
    assert raised.value.uncertain
    with pytest.raises(Unavailable) as raised:
        World(UNSENT).call()
    assert not raised.value.uncertain


def test_a_dead_kept_connection_is_replaced_at_once_without_a_wait_or_a_token():
    world = World(STALE, ok())
    assert world.call() == {}
    assert world.slept == []
    assert len(world.transport.sent) == 2


def test_a_dead_kept_connection_is_replaced_once_and_then_it_is_a_failure_like_any():
    world = World(STALE, STALE, ok())
    assert world.call() == {}
    assert len(world.slept) == 1
    assert len(world.transport.sent) == 3


def test_an_answer_that_does_not_match_its_checksum_is_no_answer():
    bad = (200, {"x-amz-crc32": str(crc32(b"{}") ^ 1)}, b"{}")
    good = (200, {"x-amz-crc32": str(crc32(b"{}"))}, b"{}")
    world = World(bad, good)
    assert world.call() == {}
    assert len(world.transport.sent) == 2
    with pytest.raises(Unavailable) as raised:
        World(bad).call()
    assert raised.value.uncertain


def test_a_failure_that_does_not_match_its_checksum_is_no_answer_either():
    status, _, body = CONDITION
    with pytest.raises(Unavailable):
        World((status, {"x-amz-crc32": "1"}, body)).call()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff"])
def test_a_success_that_is_no_json_object_is_no_answer(body):
    world = World((200, {}, body), ok(found=True))
    assert world.call() == {"found": True}
    with pytest.raises(Unavailable) as raised:
        World((200, {}, body)).call()
    assert raised.value.uncertain


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"\xff"])
def test_a_5xx_of_any_content_is_unavailable(body):
    with pytest.raises(Unavailable) as raised:
        World((502, {}, body)).call()
    assert raised.value.code == "502"


def test_a_failure_in_json_that_cannot_be_read_is_no_answer():
    garbled = (400, {"content-type": "application/x-amz-json-1.0"}, b'{"__type": "ValidationExc')
    world = World(garbled, ok(found=True))
    assert world.call() == {"found": True}
    with pytest.raises(Unavailable) as raised:
        World(garbled).call()
    assert raised.value.uncertain


@pytest.mark.parametrize("left", [LEAST_TIME - 0.001, 0, -5])
def test_with_too_little_time_nothing_is_sent(left):
    world = World(ok())
    with pytest.raises(Unavailable) as raised:
        world.call(left)
    assert world.transport.sent == []
    assert not raised.value.uncertain
    assert world.slept == []


def test_each_attempt_is_given_the_time_that_is_left():
    world = World(INTERNAL, INTERNAL, ok())
    world.call(10)
    waits = [0.0125, 0.025]
    assert world.slept == pytest.approx(waits)
    assert [timeout for _, _, timeout in world.transport.sent] == pytest.approx([10, 10 - waits[0], 10 - sum(waits)])


def test_no_wait_goes_past_the_deadline():
    world = World(THROTTLE)
    with pytest.raises(Throttled):
        world.call(1.55)
    assert world.slept == [0.5]
    assert world.now + 1.0 + LEAST_TIME > 1000 + 1.55


def test_the_whole_ends_by_the_deadline_when_every_attempt_takes_its_time():
    world = World(LOST)
    send = world.transport.send

    def slow(operation: str, body: bytes, timeout: float):
        world.now += min(2.0, timeout)
        return send(operation, body, timeout)

    world.transport.send = slow
    with pytest.raises(Unavailable):
        world.call(5)
    assert world.now <= 1005
    assert len(world.transport.sent) == 3


def test_the_answer_may_ask_for_a_longer_wait_up_to_five_seconds_more():
    asked = failure(503, "ServiceUnavailable", {"x-amz-retry-after": "800"})
    world = World(asked, ok())
    world.call()
    assert world.slept == [0.8]
    world = World(failure(503, "ServiceUnavailable", {"x-amz-retry-after": "60000"}), ok())
    world.call()
    assert world.slept == [pytest.approx(5.0125)]


@pytest.mark.parametrize("nonsense", ["-1", "soon", "1.5", "", "²"])
def test_a_nonsensical_wait_is_not_waited(nonsense):
    world = World(failure(503, "ServiceUnavailable", {"x-amz-retry-after": nonsense}), ok())
    world.call()
    assert world.slept == [0.0125]


def test_the_budget_ends_retries_for_all_and_successes_refill_it():
    budget = Budget(capacity=COST * 2)
    world = World(INTERNAL, budget=budget)
    for sent in (3, 4, 5):
        with pytest.raises(Unavailable):
            world.call()
        assert len(world.transport.sent) == sent
    world.transport._outcomes = [ok()]
    for _ in range(COST):
        world.call()
    assert budget.left == COST


def test_a_success_gives_back_what_its_last_retry_took():
    budget = Budget()
    World(INTERNAL, ok(), budget=budget).call()
    assert budget.left == CAPACITY
    World(INTERNAL, THROTTLE, ok(), budget=budget).call()
    assert budget.left == CAPACITY - COST
    World(THROTTLE, ok(), budget=budget).call()
    assert budget.left == CAPACITY - COST
    assert THROTTLED_COST < COST


def test_the_number_of_attempts_can_be_set():
    world = World(INTERNAL, max_attempts=2)
    with pytest.raises(Unavailable):
        world.call()
    assert len(world.transport.sent) == 2


def test_threads_share_a_client_and_its_budget():
    world = World(INTERNAL, budget=Budget(capacity=COST * 10))
    errors = []

    def run() -> None:
        for _ in range(20):
            try:
                world.call(10**9)
            except Unavailable as error:
                errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(errors) == 160
    assert len(world.transport.sent) == 160 + 10


def test_real_jitter_stays_in_its_bounds():
    waits: list[float] = []
    for _ in range(200):
        client = Client(World(INTERNAL, ok()).transport, sleep=waits.append)
        client.call("GetItem", {}, Deadline(5))
    assert all(0 <= wait < 0.025 for wait in waits)
    assert len(set(waits)) > 150


ENVIRON = {
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
}


def test_the_environment_sets_a_client_up_without_touching_the_network():
    assert isinstance(from_environment(ENVIRON), Client)
    assert isinstance(from_environment({**ENVIRON, "DYNAMODB_CLIENT": ""}), Client)
    assert isinstance(from_environment({**ENVIRON, "AWS_RETRY_MODE": "Standard", "AWS_MAX_ATTEMPTS": "1"}), Client)


def test_the_number_of_attempts_is_read_from_the_environment():
    client = from_environment({**ENVIRON, "AWS_MAX_ATTEMPTS": "1"})
    assert client._policy[3] == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"DYNAMODB_CLIENT": "aiobotocore"},
        {"AWS_RETRY_MODE": "adaptive"},
        {"AWS_RETRY_MODE": "legacy"},
        {"AWS_MAX_ATTEMPTS": "many"},
        {"AWS_MAX_ATTEMPTS": "-1"},
        {"AWS_REGION": ""},
        {"AWS_ACCESS_KEY_ID": ""},
        {"AWS_SECRET_ACCESS_KEY": ""},
        {"AWS_ACCESS_KEY_ID": "", "AWS_PROFILE": "dev"},
    ],
)
def test_what_cannot_be_done_is_said_when_the_client_is_made(wrong):
    with pytest.raises(ConfigurationError):
        from_environment({**ENVIRON, **wrong})


def test_an_endpoint_out_of_reach_is_no_error_until_a_call():
    client = from_environment(ENVIRON)
    client.open(0.2)
    with pytest.raises(Unavailable) as raised:
        client.call("GetItem", {}, Deadline(3))
    assert not raised.value.uncertain
    assert "127.0.0.1:1" in raised.value.message


def test_a_request_is_encoded_as_botocore_does():
    world = World(ok())
    request = {"Key": {"é": {"S": "\ud83d\u2028/"}}}
    world.client.call("GetItem", request, world.deadline())
    assert world.transport.sent[0][1] == json.dumps(request).encode()


def test_the_module_needs_no_failure_code_to_succeed():
    assert not hasattr(client_module, "retries")
