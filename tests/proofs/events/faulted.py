"""What a consumer promises while the database fails: what is not done comes again, and each effect is there once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from tests.proofs.events.messages import Message, good
from tests.proofs.events.promises import kinds
from tests.proofs.events.running import Running
from tests.proofs.faults.kinds import ALWAYS, ONCE, Fault
from tests.proofs.faults.proxy import FaultProxy

FAULTS = ("ThrottlingException", "InternalServerError", "reset")
CALLS = (1, 2, 4)  # the call that fails, of those for a batch
EVENTS = 2
DELIVERIES = 5  # as often as the queue gives a message out


def a_failing_database_delays_and_no_more(running: Running, faults: tuple[str, ...] = FAULTS) -> None:
    """Any call may fail, before or after it takes effect, once or until the function gives up."""
    with FaultProxy(running.stage.endpoint) as proxy:
        consumer = running.consumer
        through = {**consumer.environment, "AWS_ENDPOINT_URL_DYNAMODB": proxy.endpoint}
        faulted = Running(running.stage, replace(consumer, environment=through), running.source)
        before = running.stage.effects()
        expected, before = effects_of(faulted, proxy, (), before)
        for kind in faults:
            for nth in CALLS:
                for after, times in ((False, ONCE), (True, ONCE), (False, ALWAYS)):
                    found, before = effects_of(faulted, proxy, (Fault("*", nth, kind, after, times),), before)
                    assert found == expected, f"{kind} at call {nth}, after its effect: {after}: {found}"


def effects_of(
    running: Running, proxy: FaultProxy, faults: tuple[Fault, ...], before: Counter[str]
) -> tuple[Counter[str], Counter[str]]:
    """The kinds of the effects of some events, and all effects that there are then.

    The first delivery meets the faults, and what fails is delivered again.
    """
    rest: list[Message] = good(running.stage, running.consumer, EVENTS)
    proxy.arm(*faults)
    for _ in range(DELIVERIES):
        outcome = running.invoke(rest, seconds=3)
        assert outcome.aside == [], f"a fault of the database sets a message aside: {outcome.aside}"
        rest = [message for message in rest if message["messageId"] in outcome.failed]
        proxy.disarm()
        if not rest:
            after = running.stage.effects()
            return kinds(after - before), after
    raise AssertionError(f"{len(rest)} messages fail {DELIVERIES} times")
