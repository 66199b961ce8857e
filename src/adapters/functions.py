"""Lambda: functions of the stack, called as they were last deployed."""

from __future__ import annotations

import json

from adapters.clients import FAILURES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class NoAnswer(Exception):
    """A function failed, or could not be called; the text continues a sentence that begins with its name."""


class Functions:
    """Functions by their short names. `client` is one of Lambda, `names` has the function of each."""

    def __init__(self, client: Any, names: Mapping[str, str]) -> None:
        self._client, self._names = client, names

    def call(self, name: str, event: Mapping[str, Any]) -> Any:
        """The JSON that a function returns for an event. Raises NoAnswer."""
        try:
            answer = self._client.invoke(FunctionName=self._names[name], Payload=json.dumps(event).encode())
            payload = answer["Payload"].read()
        except FAILURES as error:
            raise NoAnswer(f"could not be called: {type(error).__name__}") from None
        if "FunctionError" in answer:
            raise NoAnswer(f"failed: {kind_of(payload)}")
        try:
            return json.loads(payload)
        except ValueError:
            raise NoAnswer("returned no JSON") from None


def kind_of(payload: bytes) -> str:
    """The kind of failure that Lambda tells; never its text, which may quote what is personal."""
    try:
        return str(json.loads(payload)["errorType"])
    except (ValueError, KeyError, TypeError):
        return "without a reason"
