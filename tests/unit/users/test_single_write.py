"""One update made once: found made, made on the version there is, or not known."""

from __future__ import annotations

import pytest

from dynamodb.errors import ConditionalCheckFailed, Unavailable
from users.errors import UserNotFound
from users.reading import AnswerLost, user_from
from users.refusals import Moved
from users.single_write import UNDER_WAY, SingleWrite
from users.transaction import TRIES
from utils.errors import PreconditionFailed, ServiceUnavailable
from utils.preconditions import Precondition
from utils.timestamps import rfc3339

STARTED = 1_790_000_000.0


LONG_AGO = rfc3339(STARTED - UNDER_WAY - 1)


def item(version, last_write="other", updated_at=LONG_AGO):
    return {
        "userId": {"S": "1"},
        "name": {"S": "Ann"},
        "email": {"S": "ann@example.com"},
        "createdAt": {"S": updated_at},
        "updatedAt": {"S": updated_at},
        "version": {"N": str(version)},
        "lastWrite": {"S": last_write},
    }


def refused(found, uncertain=False):
    error = ConditionalCheckFailed("ConditionalCheckFailedException", uncertain=uncertain)
    error.item = found
    return error


def lost():
    error = AnswerLost()
    error.__cause__ = Unavailable("NoResponse", uncertain=True)
    return error


class Attempts:
    """`outcomes` in turn, each a user or an error; what version each attempt was made on; what was read meanwhile."""

    def __init__(self, *outcomes, read=None, match=None, version=None, reason=None):
        self.write = SingleWrite("ours", STARTED, Precondition(match=match), version)
        self.outcomes = list(outcomes)
        self.reads = 0
        self.versions = []
        self.pauses = []
        self.found = read
        self.reason = reason

    def send(self):
        self.versions.append(self.write.version)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def read(self):
        self.reads += 1
        return self.found

    def refusal(self, found):
        return self.reason or (Moved('"9"') if found else UserNotFound())

    def made(self):
        return self.write.made_once(self.send, self.read, self.refusal, self.pauses.append)


DONE = user_from(item(2, "ours"))


def test_a_write_that_is_answered_is_made():
    attempts = Attempts(DONE)
    assert attempts.made() is DONE
    assert (attempts.reads, attempts.pauses, attempts.versions) == (0, [], [None])


def test_a_write_found_made_is_made():
    attempts = Attempts(lost(), read=item(2, "ours"))
    assert attempts.made() == DONE
    assert attempts.made is not None
    assert attempts.reads == 1
    assert Attempts(refused(item(2, "ours"))).made() == DONE


def test_a_refusal_is_the_refusal():
    with pytest.raises(UserNotFound):
        Attempts(refused(None)).made()
    with pytest.raises(PreconditionFailed) as caught:
        Attempts(refused(item(3)), reason=PreconditionFailed('"3"')).made()
    assert not isinstance(caught.value, Moved)


def test_a_write_surely_not_made_is_made_on_the_version_there_is():
    attempts = Attempts(lost(), DONE, read=item(7))
    assert attempts.made() is DONE
    assert (attempts.versions, attempts.pauses) == ([None, 7], [0])


def test_a_write_on_a_version_of_its_own_is_made_on_no_other():
    attempts = Attempts(lost(), DONE, read=item(4), version=4)
    assert attempts.made() is DONE
    assert attempts.versions == [4, 4]
    for error in (refused(item(5)), refused(item(3))):
        with pytest.raises(Moved):
            Attempts(error, version=4).made()


@pytest.mark.parametrize(
    ("match", "version", "found", "sure"),
    [
        ([3], None, 3, True),
        ([3], None, 4, True),
        ([3], None, 5, False),
        ([3, 9], None, 4, True),
        ([1, 9], None, 4, False),
        ([], None, 4, True),
        (None, 3, 4, True),
        (None, 3, 5, False),
        ([9], 3, 5, False),
    ],
)
def test_a_write_that_asked_for_a_version_shows_by_the_versions_since(match, version, found, sure):
    attempts = Attempts(lost(), read=item(found), match=match, version=version, reason=PreconditionFailed('"9"'))
    with pytest.raises(PreconditionFailed if sure else ServiceUnavailable):
        attempts.made()


@pytest.mark.parametrize(
    ("seconds", "sure"), [(-UNDER_WAY - 0.001, True), (-UNDER_WAY, False), (-1, False), (1, False)]
)
@pytest.mark.parametrize("match", [None, "*"])
def test_a_write_that_asked_for_none_shows_by_the_time_of_the_last(match, seconds, sure):
    found = item(3, updated_at=rfc3339(STARTED + seconds))
    attempts = Attempts(lost(), DONE, read=found, match=match)
    if sure:
        assert attempts.made() is DONE
        return
    with pytest.raises(ServiceUnavailable) as caught:
        attempts.made()
    assert isinstance(caught.value.__cause__, Unavailable)


def test_a_user_that_is_gone_may_have_had_the_write():
    with pytest.raises(ServiceUnavailable):
        Attempts(lost(), read=None).made()
    with pytest.raises(ServiceUnavailable):
        Attempts(refused(None, uncertain=True)).made()


def test_once_uncertain_stays_uncertain():
    with pytest.raises(ServiceUnavailable):
        Attempts(lost(), refused(None), read=item(7)).made()


def test_it_gives_up_in_the_end():
    attempts = Attempts(*(lost() for _ in range(TRIES)), read=item(7))
    with pytest.raises(ServiceUnavailable) as caught:
        attempts.made()
    assert isinstance(caught.value.__cause__, Unavailable)
    assert attempts.pauses == list(range(TRIES))
    assert attempts.versions == [None] + [7] * (TRIES - 1)
