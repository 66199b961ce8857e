"""What follows from a change becomes dollars."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.capacity.scenes import CASES
from benchmarks.report import cost, idle_cost
from benchmarks.report.change_cost import NAMES, rows
from benchmarks.report.change_cost import cost as of_change

BOOK = cost.prices()
PUBLISHER = "publish_user_events"
NOTHING: dict[str, Any] = {
    "calls": [],
    "outside": {},
    "memory_mb": 256,
    "expected_reads": 0.0,
    "expected_writes": 0.0,
    "warm_processor_ms": {"p50": 1.0},
}
AUDIT = {**NOTHING, "calls": ["Query", "TransactWriteItems"], "expected_reads": 1.0, "expected_writes": 4.0}
PUBLISH = {**NOTHING, "outside": {"eventbridge.PutEvents": 1}}


def calling(calls: dict[str, int], **more: Any) -> dict[str, Any]:
    return {**NOTHING, "outside": calls, **more}


def test_a_million_events_on_the_bus_cost_a_dollar_and_the_function():
    one = of_change(BOOK, PUBLISHER, 1, PUBLISH)
    assert (one.bus, one.queue, one.requests, one.database, one.logs) == (1.0, 0.0, 0.2, 0.0, 0.0)
    assert one.total == pytest.approx(1.2 + one.compute)


def test_a_consumer_pays_for_its_queue_its_units_and_its_line():
    one = of_change(BOOK, "record_audit", 1, AUDIT)
    assert (one.bus, one.queue, one.database) == (0.0, pytest.approx(1.2), 0.125 + 4 * 0.625)
    assert one.logs > 0


@pytest.mark.parametrize(
    ("call", "dollars"),
    [
        ("kms.Sign", 3.0),
        ("sesv2.SendEmail", 100.0),
        ("sqs.SendMessage", 0.4),
        ("s3.PutObject", 5.0),
        ("s3.GetObject", 0.4),
        ("s3.DeleteObjects", 0.0),
        ("apigatewaymanagementapi.PostToConnection", 1.0),
    ],
)
def test_a_call_of_a_service_is_paid_for_and_waited_for(call, dollars):
    one, called = (of_change(BOOK, "record_audit", 1, calling(calls)) for calls in ({}, {call: 1}))
    assert (one.services, called.services) == (0.0, pytest.approx(dollars))
    assert called.compute > one.compute


def test_a_call_that_has_no_price_stops_the_page():
    with pytest.raises(KeyError):
        of_change(BOOK, "record_audit", 1, calling({"sns.Publish": 1}))


def test_messages_to_connections_are_under_way_together():
    few, many = (
        of_change(BOOK, "push_live_updates", 1, calling({"apigatewaymanagementapi.PostToConnection": count}))
        for count in (1, 32)
    )
    assert (few.compute, many.services) == (many.compute, pytest.approx(32 * few.services))


def test_a_message_that_a_function_sends_is_counted_once():
    assert of_change(BOOK, "deliver_webhook", 1, NOTHING).queue == pytest.approx(0.8)


def test_the_client_s_upload_and_the_receiver_s_time_count():
    assert of_change(BOOK, "process_picture", 1, NOTHING).services == pytest.approx(5.0)
    waiting, quick = (of_change(BOOK, name, 1, NOTHING).compute for name in ("deliver_webhook", "record_audit"))
    assert waiting > quick


def test_more_memory_costs_more_for_the_same_time():
    small, large = (of_change(BOOK, "record_audit", 1, {**NOTHING, "memory_mb": mb}) for mb in (1769, 3538))
    assert large.compute == pytest.approx(2 * small.compute)


def test_a_larger_batch_shares_the_requests():
    one, ten = (of_change(BOOK, "record_audit", size, AUDIT) for size in (1, 10))
    assert (ten.requests, ten.queue) == (one.requests / 10, pytest.approx(0.48))


def test_each_consumer_and_size_is_a_line():
    assert [row[:2] for row in rows(BOOK, {"record_audit": {"1": AUDIT, "10": AUDIT}})[1:]] == [
        ["audit trail", "1"],
        ["audit trail", "10"],
    ]


# A change that an administrator makes of a person; the calls of Cognito are free. Erasures are few, and
# docs/how-to/erase-a-person.md has their price.
OF_PEOPLE = ("follow_sign_in", "carry_out_erasure")
OF_THE_CACHE = "keep_cache"  # it calls no service of AWS, and one batch is one command to the cache


def test_each_case_that_is_measured_has_a_line_and_each_consumer_a_case():
    assert list(NAMES) == list(CASES)
    folder = idle_cost.ROOT / "src" / "consumers"
    assert {case.consumer for case in CASES.values()} == {
        path.stem for path in folder.glob("*.py") if path.stem not in ("__init__", "wiring", *OF_PEOPLE, OF_THE_CACHE)
    }
