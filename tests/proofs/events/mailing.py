"""What mail promises while SES fails: no letter goes out twice, and only one that SES may have taken is in doubt."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace

from tests.proofs.events.messages import Message, good, message, now
from tests.proofs.events.running import SOURCE, Running
from tests.proofs.events.services import Faults, client_of, not_reached, refusal, timed_out
from tests.proofs.faults.kinds import ALWAYS, ONCE, Fault
from tests.proofs.faults.proxy import FaultProxy
from tests.proofs.system import System

EVENTS = 3  # a user is created, gets another email, and is deleted
DELIVERIES = 3
CALLS = 5  # of the database for a letter
SETTLE = "settle_mail"
# SES has not taken the letter.
LATER = {
    "throttling": refusal("TooManyRequestsException", 429),
    "a refusal of all letters": refusal("MessageRejected", 400),
    "a pause of the account": refusal("SendingPausedException", 400),
    "no connection": not_reached,
}
# SES may have taken it.
DOUBTFUL = {"an error": refusal("InternalFailure", 500), "no answer": timed_out}


@dataclass
class Result:
    """The letters that went out, by subject; the messages that still come; the names of letters that SES got."""

    letters: Counter[str]
    left: list[Message]
    asked: list[str]


def a_letter_that_ses_does_not_take_is_sent_later(running: Running) -> None:
    """SES may refuse, throttle or not be reached, for one letter or a whole invocation. Each letter is sent once."""
    expected = mailed(running, Faults())
    assert expected.letters
    assert not expected.left
    for kind, answer in LATER.items():
        for nth, times in ((1, 1), (len(expected.asked), 1), (2, ALWAYS)):
            found = mailed(running, Faults(answer, nth, times))
            assert (found.letters, found.left) == (expected.letters, []), f"{kind} at {nth}: {found}"


def a_letter_that_ses_may_have_taken_is_not_sent_again(running: Running) -> None:
    """A letter in doubt is asked for once, and its message comes until SES reports; the other letters are sent."""
    expected = mailed(running, Faults())
    for kind, answer in DOUBTFUL.items():
        for after in (False, True):
            for nth in (first_of_two(expected.asked), len(expected.asked)):
                found = mailed(running, Faults(answer, nth, after=after))
                where = f"{kind} at {nth}, after its effect: {after}: {found}"
                assert len(found.left) == 1, where
                assert max(Counter(found.asked).values()) == 1, where
                lacking = expected.letters - found.letters
                assert (lacking.total(), found.letters - expected.letters) == (0 if after else 1, Counter()), where
                settled(running, found.asked[nth - 1])
                again = delivered(running, Faults(), found.left)
                assert (again.left, again.asked) == ([], []), f"the report settles nothing: {where}"


def first_of_two(asked: list[str]) -> int:
    """The number of a letter that is the first of two about one event."""
    return next(number for number, name in enumerate(asked, 1) if name.endswith("_changed_from"))


def a_letter_that_ses_refuses_for_good_is_dropped_alone(running: Running) -> None:
    """SES may refuse one letter for good. Its message is done, and the others are sent."""
    expected = mailed(running, Faults())
    for nth in (1, len(expected.asked)):
        found = mailed(running, Faults(refusal("BadRequestException", 400), nth))
        assert (found.left, len(found.asked)) == ([], len(expected.asked)), found
        assert (expected.letters - found.letters).total() == 1, found


def a_failing_database_sends_no_letter_twice(running: Running, kinds: tuple[str, ...] = ("reset",)) -> None:
    """Any call of the database may fail. The reports of SES settle all letters that were sent.

    The others are sent later. One alone stays in doubt: its record was written, and no answer said so until the end.
    """
    with FaultProxy(running.stage.endpoint) as proxy:
        through = {**running.consumer.environment, "AWS_ENDPOINT_URL_DYNAMODB": proxy.endpoint}
        faulted = Running(running.stage, replace(running.consumer, environment=through), running.source)
        expected = reported(faulted, proxy, ())
        for kind in kinds:
            for nth in range(1, CALLS + 1):
                for after, times in ((False, ONCE), (True, ONCE), (False, ALWAYS), (True, ALWAYS)):
                    found = reported(faulted, proxy, (Fault("*", nth, kind, after, times),))
                    where = f"{kind} at call {nth}, after its effect: {after}: {found}"
                    assert max(Counter(found.asked).values(), default=1) == 1, where
                    assert found.letters <= expected.letters, where
                    lacking = (expected.letters - found.letters).total()
                    assert lacking == len(found.left) <= (after and times == ALWAYS), where


def reported(running: Running, proxy: FaultProxy, faults: tuple[Fault, ...]) -> Result:
    """What becomes of one event, whose first delivery meets the faults, if SES reports on each letter."""
    before, left = letters(running), good(running.stage, running.consumer, 1)
    asked: list[str] = []
    proxy.arm(*faults)
    for _ in range(DELIVERIES):
        found = delivered(running, Faults(), left, deliveries=1)
        proxy.disarm()
        asked, left = asked + found.asked, found.left
        for letter in found.asked:
            settled(running, letter)
    return Result(letters(running) - before, left, asked)


def mailed(running: Running, faults: Faults) -> Result:
    """What becomes of some events. The first delivery meets the faults, and what fails is delivered again."""
    return delivered(running, faults, good(running.stage, running.consumer, EVENTS))


def delivered(running: Running, faults: Faults, messages: list[Message], deliveries: int = DELIVERIES) -> Result:
    """Deliver messages until they are done, or so often."""
    before, left = letters(running), messages
    asked: list[str] = []
    for delivery in range(deliveries):
        if not left:
            break
        now_faults = faults if delivery == 0 else Faults()
        outcome = running.invoke(left, wire=lambda system, it=now_faults: wired(running, system, it))  # type: ignore[misc]
        assert outcome.aside == [], f"a fault of SES sets a message aside: {outcome.aside}"
        assert not [line for line in outcome.logged if "secret inner words" in str(vars(line))], "SES is quoted"
        asked += [name_in(request.body) for request in now_faults.seen]
        left = [it for it in left if it["messageId"] in outcome.failed]
    return Result(letters(running) - before, left, asked)


def wired(running: Running, system: System, faults: Faults) -> None:
    """Let the function have a client of SES with faults."""
    client = faults.install(client_of(system, "mail", "sesv2"), "sesv2")
    settings = running.consumer.environment
    mail = system.module("adapters.mail").Mail(client, settings["MAIL_SENDER"], settings["MAIL_CONFIGURATION"])
    system.module("consumers.wiring")._built["mail"] = mail


def name_in(body: bytes) -> str:
    """The name of the letter in a request to SES."""
    [tag] = json.loads(body)["EmailTags"]
    return str(tag["Value"])


def letters(running: Running) -> Counter[str]:
    """All letters so far, by subject: each proof writes to new addresses."""
    return Counter(letter.partition("] ")[2] for letter in running.stage.letters().elements())


def settled(running: Running, letter: str) -> None:
    """SES reports that it sent a letter."""
    consumer = next(it for it in running.stage.consumers() if it.name == SETTLE)
    mail = {"messageId": letter, "destination": ["ann@example.com"], "tags": {"letter": [letter]}}
    report = {"source": "aws.ses", "detail-type": "Email Sent", "time": now(), "detail": {"mail": mail}}
    outcome = Running(running.stage, consumer, SOURCE).invoke([message(json.dumps(report))])
    assert (outcome.failed, outcome.aside) == ([], []), outcome
