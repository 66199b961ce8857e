"""The benchmark of consumers measures what they do, and not what prepares it."""

from __future__ import annotations

import dataclasses

from benchmarks.capacity import consumers
from benchmarks.capacity.meter import Meter
from benchmarks.capacity.scenes import CASES


def test_the_calls_of_a_consumer_are_counted_without_those_that_prepare_them():
    with consumers.deployed() as (scene, functions), Meter(scene.endpoint) as meter:
        found = {
            name: consumers.measured(
                dataclasses.replace(CASES[name], batches=2), functions[CASES[name].function], scene, meter, size
            )
            for name, size in (("remove_pictures", 1), ("deliver_webhook", 1), ("send_mail", 2))
        }
    assert found["remove_pictures"]["outside"] == {"s3.ListObjectsV2": 1, "s3.DeleteObjects": 1}
    assert found["deliver_webhook"]["calls"] == ["GetItem", "GetItem", "PutItem"]
    assert found["send_mail"]["outside"] == {"sesv2.SendEmail": 2}
    assert all(one["warm_processor_ms"]["n"] == 2 for one in found.values())
