"""Mail and pictures keep their promises while the services behind them fail."""

from __future__ import annotations

import pytest

from tests.proofs.events import mailing, picturing
from tests.proofs.events.running import Running

pytestmark = pytest.mark.slow

DATABASE_FAULTS = ("ThrottlingException", "InternalServerError", "hang", "closed", "truncated", "page 503")


@pytest.fixture(scope="module")
def running(stage):
    """A consumer by its name."""
    found = {it.name: it for it in stage.consumers()}
    return lambda name: Running(stage, found[name])


@pytest.mark.parametrize(
    "promise",
    [
        mailing.a_letter_that_ses_does_not_take_is_sent_later,
        mailing.a_letter_that_ses_may_have_taken_is_not_sent_again,
        mailing.a_letter_that_ses_refuses_for_good_is_dropped_alone,
        mailing.a_failing_database_sends_no_letter_twice,
    ],
)
def test_mail_keeps_its_promises(running, promise):
    promise(running("send_mail"))


@pytest.mark.deep
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", DATABASE_FAULTS)
def test_a_database_that_fails_in_other_ways_sends_no_letter_twice(running, kind):
    mailing.a_failing_database_sends_no_letter_twice(running("send_mail"), (kind,))


def test_an_upload_becomes_a_picture_whatever_s3_does(running):
    picturing.an_upload_becomes_a_picture(running("process_picture"))


def test_the_pictures_of_a_deleted_user_go_whatever_s3_does(running):
    picturing.the_pictures_of_a_deleted_user_go(running("remove_pictures"))
