"""The bus as the publisher sees it: which entry was not taken, and whether it ever will be."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from adapters.event_bus import MOST_ENTRIES, EventBus


class Client:
    """Answers as it is told; a double of boto3's client."""

    def __init__(self, answer):
        self.answer, self.sent = answer, []

    def put_events(self, **request):
        self.sent.append(request["Entries"])
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"Entries": self.answer}


ENTRIES = [("Done", '{"n": 1}'), ("Done", '{"n": 2}')]


def put(answer, entries=ENTRIES):
    client = Client(answer)
    found = EventBus(client, "bus", "source").put(entries)
    return [refusal and (refusal.code, refusal.for_good) for refusal in found], client


def test_entries_go_to_the_bus_in_one_call():
    found, client = put([{"EventId": "1"}, {"EventId": "2"}])
    assert found == [None, None]
    assert client.sent == [
        [
            {"EventBusName": "bus", "Source": "source", "DetailType": "Done", "Detail": '{"n": 1}'},
            {"EventBusName": "bus", "Source": "source", "DetailType": "Done", "Detail": '{"n": 2}'},
        ]
    ]


def test_each_entry_has_its_own_refusal():
    found, _ = put([{"ErrorCode": "InternalFailure"}, {"ErrorCode": "MalformedDetail"}])
    assert found == [("InternalFailure", False), ("MalformedDetail", True)]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ClientError({"Error": {"Code": "ThrottlingException"}}, "PutEvents"), "ThrottlingException"),
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "PutEvents"), "AccessDeniedException"),
        (ReadTimeoutError(endpoint_url="x"), "ReadTimeoutError"),
    ],
)
def test_a_call_that_fails_refuses_all_its_entries_for_now(error, code):
    assert put(error)[0] == [(code, False)] * 2


def test_a_call_that_is_invalid_is_the_entry_s_fault_only_if_it_has_one():
    invalid = ClientError({"Error": {"Code": "ValidationException"}}, "PutEvents")
    assert put(invalid)[0] == [("ValidationException", False)] * 2
    assert put(invalid, ENTRIES[:1])[0] == [("ValidationException", True)]


@pytest.mark.parametrize(
    ("sizes", "fitting"), [([10] * 3, 3), ([10] * 30, MOST_ENTRIES), ([200_000, 100_000], 1), ([300_000, 10], 1)]
)
def test_a_call_has_no_more_than_fits(sizes, fitting):
    entries = [("Done", "x" * size) for size in sizes]
    assert EventBus(Client([]), "bus", "source").fitting(entries) == fitting
