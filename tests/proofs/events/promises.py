"""What every consumer behind the bus promises, whatever its effect is. Each raises AssertionError if it is broken.

A test runs each with every consumer of the template, so a new consumer is held to them by being there.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable

from tests.proofs.events.messages import BATCH, POISON, Message, envelope, good, id_of, known, message, unknown
from tests.proofs.events.running import Running
from tests.proofs.events.stage import COUNTER

TIMES = 10


def poison_goes_aside_alone(running: Running, kinds: tuple[str, ...] = tuple(POISON)) -> None:
    """Poison goes to the dead-letter queue at once, and the other messages are handled, wherever it stands."""
    for number in range(max(BATCH + 1, len(kinds))):
        at = number % (BATCH + 1)
        body = POISON[kinds[number % len(kinds)]](any_type(running))
        batch = good(running.stage, running.consumer)
        outcome = running.invoke([*batch[:at], message(body), *batch[at:]])
        assert outcome.failed == [], f"poison at {at} comes again, or others do: {outcome}"
        assert [kept for kept, _ in outcome.aside] == [body], f"the dead-letter queue has {outcome.aside}"
        assert all(reason.strip() for _, reason in outcome.aside), "a message is set aside without a reason"
        assert_told(running, outcome.told(told(running)), batch)


def a_fault_concerns_its_message_alone(running: Running) -> None:
    """An event that makes the code fail comes again or goes aside; the others are handled, wherever it stands."""
    for at in range(BATCH + 1):
        batch = good(running.stage, running.consumer)
        bad = message(envelope(any_type(running), known(email="secret@example.com", actor=None)))
        outcome = running.invoke([*batch[:at], bad, *batch[at:]])
        aside = [kept for kept, _ in outcome.aside]
        assert (outcome.failed, aside) in (([bad["messageId"]], []), ([], [bad["body"]])), f"at {at}: {outcome}"
        assert_told(running, outcome.told(told(running)), batch)
        assert_discreet(outcome.logged)


def a_repetition_changes_nothing(running: Running) -> None:
    """A message that comes twice, ten times, late or in reverse has the effect of one."""
    batch = good(running.stage, running.consumer)
    assert_handled(running, batch)
    effects = running.stage.effects()
    for again in ([*batch, *batch], *([batch] * (TIMES - 3)), batch[::-1]):
        assert_handled(running, again)
    assert running.stage.effects() == effects, difference(effects, running.stage.effects())


def any_order_has_the_same_effects(running: Running, seed: int = 0) -> None:
    """Messages in order, in reverse and shuffled leave as many effects of each kind."""
    chance = random.Random(seed)
    counts = []
    for order in (list, reversed, lambda batch: chance.sample(batch, len(batch))):
        before = running.stage.effects()
        for one in order(good(running.stage, running.consumer)):
            assert_handled(running, [one])
        counts.append(kinds(running.stage.effects() - before))
    assert counts[0] == counts[1] == counts[2], counts


def an_unknown_type_is_ignored(running: Running) -> None:
    """An event of a type that the consumer does not know is told in the log, and nothing else follows."""
    before = running.stage.effects()
    sent = unknown(running.consumer)
    outcome = running.invoke([sent])
    assert (outcome.failed, outcome.aside, outcome.told("event_ignored")) == ([], [], [id_of(sent)]), outcome
    assert running.stage.effects() == before


def assert_handled(running: Running, batch: list[Message]) -> None:
    """A batch without poison is handled, all of it."""
    outcome = running.invoke(batch)
    assert (outcome.failed, outcome.aside) == ([], []), outcome
    assert_told(running, outcome.told(told(running)), batch)


def assert_told(running: Running, ids: list[str], batch: list[Message]) -> None:
    """The log names each event of the batch."""
    assert Counter(ids) == Counter(map(id_of, batch)), f"{running.consumer} handled {len(ids)} of {len(batch)} events"


def assert_discreet(lines: Iterable[object]) -> None:
    """No line quotes what an event has of a person."""
    assert not [line for line in lines if "@example.com" in str(vars(line))], "a line has an email"


def any_type(running: Running) -> str:
    """A type of event that reaches a consumer."""
    return next(iter(running.consumer.types), "SomethingElse")


def told(running: Running) -> str:
    """The line of a message that is done."""
    return "event_handled" if running.consumer.types else "event_ignored"


def kinds(effects: Counter[str]) -> Counter[str]:
    """How many effects there are in each table, and letters."""
    found = Counter(effect.partition(" ")[0] for effect in effects.elements())
    del found[COUNTER]
    return found


def difference(before: Counter[str], after: Counter[str]) -> str:
    """What is there now and was not, and the reverse."""
    return f"more: {list(after - before)}; less: {list(before - after)}"
