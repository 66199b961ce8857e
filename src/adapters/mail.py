"""SES: sends a letter, and says of a refusal whether another attempt can help."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    class Content(Protocol):
        """A subject and two texts."""

        subject: str
        text: str
        html: str


# About this letter, and not about all. `MessageRejected` is not among them: it is also the answer to every letter of a
# sender that is not verified. https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
OF_THE_LETTER = frozenset({"BadRequestException"})
NOT_REACHED = (ConnectTimeoutError, EndpointConnectionError)


class Refusal:
    """SES did not say that it took a letter: whether it never will, and whether it may have taken it."""

    __slots__ = ("code", "for_good", "uncertain")

    def __init__(self, code: str, for_good: bool = False, uncertain: bool = False) -> None:
        self.code = code
        self.for_good = for_good
        self.uncertain = uncertain


class Mail:
    """Letters from one sender. `client` is one of SES v2 that tries once; the configuration set reports on letters."""

    def __init__(self, client: Any, sender: str, configuration_set: str) -> None:
        self._client = client
        self._sender = sender
        self._configuration_set = configuration_set

    def send(self, name: str, address: str, content: Content) -> Refusal | None:
        """Send once; None if SES took the letter. Reports of SES have the name of the letter as the tag `letter`."""
        body = {"Text": _text(content.text), "Html": _text(content.html)}
        try:
            self._client.send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [address]},
                ConfigurationSetName=self._configuration_set,
                EmailTags=[{"Name": "letter", "Value": name}],
                Content={"Simple": {"Subject": _text(content.subject), "Body": body}},
            )
        except ClientError as error:
            code = str(error.response["Error"]["Code"])
            status = int(error.response["ResponseMetadata"]["HTTPStatusCode"])
            return Refusal(code, for_good=code in OF_THE_LETTER, uncertain=status >= 500)
        except BotoCoreError as error:  # no connection, or no answer in time
            return Refusal(type(error).__name__, uncertain=not isinstance(error, NOT_REACHED))
        return None


def _text(data: str) -> dict[str, str]:
    return {"Data": data, "Charset": "UTF-8"}
