"""Faults of messages and of the service, and wrong senders that they must catch.

Each story tells one sender the same event several times, while something goes wrong. It ends with how many letters went
out. A wrong sender differs from the right one in one method; at least one story must end differently with it.
"""

from __future__ import annotations

import contextlib
import uuid

import pytest

from adapters.mail import Refusal
from mail.letters import Letter
from mail.outcomes import Outcomes
from mail.outgoing import NotSent, Outgoing, Unsettled
from mail.records import SENT
from tests.contract.conftest import emulator_client
from utils.deadline import Deadline

ANN = Letter("welcome", "welcome", "ann@example.com", "Ann")
BOB = Letter("welcome", "welcome", "bob@example.com", "Bob")
THROTTLED = Refusal("TooManyRequestsException")
NEVER = Refusal("BadRequestException", for_good=True)


class Crash(BaseException):
    """The end of the process."""


class Service:
    """Takes letters, and fails as a story says: by the number of the attempt, before or after it took the letter."""

    def __init__(self):
        self.taken, self.asked, self.names = [], 0, []
        self.before, self.after = {}, {}

    def send(self, name, address, content):
        self.asked += 1
        if fault := self.before.get(self.asked):
            return self.fail(fault)
        self.taken.append(address)
        self.names.append(name)
        return self.fail(self.after.get(self.asked))

    def fail(self, fault):
        if fault is Crash:
            raise Crash
        return fault


class World:
    """One sender with its table, and what SES reports."""

    def __init__(self, sender, call, table):
        self.service = Service()
        link = "https://x.example/{}/{}".format
        more = {"clock": lambda: 1_795_953_600.0, "remaining": lambda: 10.0, "new_token": lambda: uuid.uuid4().hex}
        self.sender = sender(call, table, self.service, "en", link=link, **more)
        self.outcomes = Outcomes(call, table, clock=lambda: 1_795_953_600.0)

    def tell(self, event="1", letter=ANN, times=1):
        for _ in range(times):
            with contextlib.suppress(NotSent, Unsettled, Crash):
                self.sender.send(event, letter)


def twice(world):
    world.tell(times=2)


def ten_times(world):
    world.tell(times=10)


def in_reverse(world):
    for event in ("2", "1", "1", "2"):
        world.tell(event)


def throttled(world):
    world.service.before = {1: THROTTLED, 2: THROTTLED}
    world.tell(times=5)


def all_refused(world):
    world.service.before = dict.fromkeys(range(1, 100), Refusal("MessageRejected"))
    world.tell(times=5)
    world.tell("2", BOB, times=5)


def one_address_refused(world):
    world.service.before = {1: NEVER}
    world.tell(times=5)
    world.tell("2", BOB, times=2)


def killed_before(world):
    world.service.before = {1: Crash}
    world.tell(times=5)


def killed_after(world):
    world.service.after = {1: Crash}
    world.tell(times=5)


def no_answer(world):
    world.service.after = {1: Refusal("ReadTimeoutError", uncertain=True)}
    world.tell(times=5)


def no_answer_but_a_report(world):
    world.service.after = {1: Refusal("ReadTimeoutError", uncertain=True)}
    world.tell()
    world.outcomes.sent(*world.service.names)
    world.tell(times=4)


def bounced(world):
    world.outcomes.suppress(ANN.address, "Email Bounced", "0_welcome")
    world.tell(times=2)
    world.tell("2", BOB, times=2)


# Letters that SES took, and how often it was asked.
STORIES = {
    twice: (1, 1),
    ten_times: (1, 1),
    in_reverse: (2, 2),
    throttled: (1, 3),
    all_refused: (0, 10),
    one_address_refused: (1, 2),
    killed_before: (0, 1),
    killed_after: (1, 1),
    no_answer: (1, 1),
    no_answer_but_a_report: (1, 1),
    bounced: (1, 1),
}


class Forgetful(Outgoing):
    """Reads no record."""

    def _begin(self, name):
        super()._begin(name)
        return True


class Hopeful(Outgoing):
    """Sends again what may have been sent."""

    def _begin(self, name):
        try:
            return super()._begin(name)
        except Unsettled:
            return True


class Optimist(Outgoing):
    """Takes a response that is missing for a refusal."""

    def _refused(self, name, refusal):
        refusal.uncertain = False
        super()._refused(name, refusal)


class Stubborn(Outgoing):
    """Tries again what is refused for good."""

    def _refused(self, name, refusal):
        super()._refused(name, Refusal(refusal.code, uncertain=refusal.uncertain))


class Hasty(Outgoing):
    """Records a letter as sent before it asks the service."""

    def _begin(self, name):
        begun = super()._begin(name)
        if begun:
            self._settle(name, SENT)
        return begun

    def _refused(self, name, refusal):
        return


class Resigned(Outgoing):
    """Takes every refusal as one for good."""

    def _refused(self, name, refusal):
        super()._refused(name, Refusal(refusal.code, for_good=not refusal.uncertain, uncertain=refusal.uncertain))


class Deaf(Outgoing):
    """Sends to addresses that are suppressed."""

    def _suppressed(self, address):
        return False


class Offended(Outgoing):
    """Sends to nobody after one bounce."""

    def _suppressed(self, address):
        return super()._suppressed(ANN.address)


WRONG = [Forgetful, Hopeful, Optimist, Stubborn, Hasty, Resigned, Deaf, Offended]


@pytest.fixture(scope="module")
def call(emulator):
    client = emulator_client("client", emulator)
    return lambda operation, request: client.call(operation, request, Deadline(10))


@pytest.fixture(scope="module")
def new_world(emulator, call):
    """Makes a world with a table of its own."""

    def make(sender):
        table = f"Mail-{uuid.uuid4().hex[:12]}"
        emulator.client("dynamodb").create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        )
        return World(sender, call, table)

    return make


def ends(story, world):
    """Letters taken, and attempts, at the end of a story."""
    story(world)
    return len(world.service.taken), world.service.asked


@pytest.mark.parametrize("story", STORIES)
def test_the_sender_sends_as_often_as_it_may(new_world, story):
    assert ends(story, new_world(Outgoing)) == STORIES[story]


@pytest.mark.parametrize("sender", WRONG)
def test_a_wrong_sender_is_caught(new_world, sender):
    caught = [story.__name__ for story, end in STORIES.items() if ends(story, new_world(sender)) != end]
    assert caught
