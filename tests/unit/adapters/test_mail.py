"""SES as consumers use it: what is sent, and what a refusal means."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from adapters.mail import Mail
from mail.letters import Content


class Client:
    """A double of boto3's client of SES v2."""

    def __init__(self, error=None):
        self.sent = []
        self.error = error

    def send_email(self, **request):
        if self.error:
            raise self.error
        self.sent.append(request)


def refused(code, status):
    error = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(error, "SendEmail")


def test_a_letter_has_one_recipient_and_both_texts():
    client = Client()
    assert (
        Mail(client, "us@example.com", "set").send("1_welcome", "ann@example.com", Content("Hi", "text", "<p>html"))
        is None
    )
    [sent] = client.sent
    assert (sent["FromEmailAddress"], sent["Destination"]) == ("us@example.com", {"ToAddresses": ["ann@example.com"]})
    assert (sent["ConfigurationSetName"], sent["EmailTags"]) == ("set", [{"Name": "letter", "Value": "1_welcome"}])
    simple = sent["Content"]["Simple"]
    assert [simple["Subject"], *simple["Body"].values()] == [
        {"Data": data, "Charset": "UTF-8"} for data in ("Hi", "text", "<p>html")
    ]


@pytest.mark.parametrize(
    ("error", "for_good", "uncertain"),
    [
        (refused("BadRequestException", 400), True, False),
        (refused("MessageRejected", 400), False, False),
        (refused("TooManyRequestsException", 429), False, False),
        (refused("SendingPausedException", 400), False, False),
        (refused("InternalServerError", 500), False, True),
        (ReadTimeoutError(endpoint_url=""), False, True),
        (ConnectTimeoutError(endpoint_url=""), False, False),
    ],
    ids=str,
)
def test_a_refusal_says_whether_another_attempt_can_help(error, for_good, uncertain):
    refusal = Mail(Client(error), "us@example.com", "set").send("1", "ann@example.com", Content("", "", ""))
    assert (refusal.for_good, refusal.uncertain) == (for_good, uncertain)
