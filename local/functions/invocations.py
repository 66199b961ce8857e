"""Invocations that come from the emulated AWS (`local.aws.functions` is the other end), answered by the local host."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any

from local import console
from local.functions.bursts import Bursts
from local.functions.function import Function, FunctionError
from local.functions.repeats import Repeats, hands_back

LONGEST = 1 << 40  # bytes of a line: no limit, as a batch of a stream may be a hundred records of 1 MB
RESPONSE_BYTES = 6 * 1024 * 1024  # the largest response of a function


class Invocations:
    """Serves one link until it is closed. `functions` are by name, `shown` hears of each line written.

    `quiet` has the request ids of invocations in a burst, whose log lines are left out.
    """

    def __init__(
        self, functions: Mapping[str, Function], shown: Callable[[str], None], quiet: set[str] | None = None
    ) -> None:
        self.functions, self.shown = functions, shown
        self.bursts = Bursts(set() if quiet is None else quiet, later, tell_left_out)
        self.under_way: set[asyncio.Task[None]] = set()
        self.repeats = Repeats()

    async def serve(self, link: socket.socket) -> None:
        """Answer every invocation, each on its own; ends with the other end."""
        reader, writer = await asyncio.open_connection(sock=link, limit=LONGEST)
        try:
            while line := await reader.readline():
                task = asyncio.get_running_loop().create_task(self.answer(json.loads(line), writer))
                self.under_way.add(task)
                task.add_done_callback(self.under_way.discard)
        except (ConnectionError, json.JSONDecodeError):
            pass  # the other end went in the middle of a line
        finally:
            for task in self.under_way:
                task.cancel()
            writer.close()

    async def answer(self, call: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        """Run one function and send back what came of it."""
        began = time.monotonic()
        self.bursts.begin(call["function"], call["requestId"])
        try:
            answer = await self.run(call)
            member, text = "answer", marshalled(answer)
        except FunctionError as error:
            member, text = "error", json.dumps(error_payload(error, call["requestId"]))
            self.show(call, began, error)
        else:
            self.show(call, began, again=hands_back(answer))
        self.shown(call["requestId"])
        with contextlib.suppress(ConnectionError):  # nobody waits any more
            writer.write(f'{{"id": {call["id"]}, "{member}": {text}}}\n'.encode())
            await writer.drain()

    def show(
        self, call: Mapping[str, Any], began: float, error: FunctionError | None = None, *, again: bool = False
    ) -> None:
        """One line for each invocation, then why it failed; of a batch that fails again and again, some."""
        failed = error is not None
        shown, words = self.repeats.note(call, failed=failed or again)
        if not self.bursts.end(call["function"], call["requestId"], failed=failed or again) or not shown:
            return
        took, outcome = (time.monotonic() - began) * 1000, "failed" if failed else "ok"
        line = f"{console.clock_time()}  invoke  {call['function']:<45} {outcome:<6}{took:7.1f} ms  {call['requestId']}"
        console.say(f"{line}  {words}".rstrip())
        if error:
            console.reason(error.detail or error.message)

    async def run(self, call: dict[str, Any]) -> Any:
        """The function's answer. Raises FunctionError."""
        function = self.functions.get(call["function"])
        if function is None:
            raise FunctionError("ResourceNotFoundException", f"there is no function {call['function']} here")
        answer, _ = await function.invoke(call["event"], request_id=call["requestId"])
        return answer


def later(seconds: float, act: Callable[[], None]) -> None:
    """Do something after that time; on the event loop."""
    asyncio.get_running_loop().call_later(seconds, act)


def tell_left_out(function: str, number: int) -> None:
    """One line for the invocations of a burst that were not shown."""
    console.say(f"{console.clock_time()}  invoke  {function:<45} ok    {number} more in a burst, without their lines")


def marshalled(answer: Any) -> str:
    """A response as JSON. Raises FunctionError, as Lambda's runtime does, for one that cannot be sent."""
    try:
        text = json.dumps(answer)
    except (TypeError, ValueError) as error:
        message = f"Unable to marshal response: {error}"
        raise FunctionError("Runtime.MarshalError", message, message) from error
    if (size := len(text)) > RESPONSE_BYTES:
        message = (
            f"Response payload size ({size} bytes) exceeded maximum allowed payload size ({RESPONSE_BYTES} bytes)."
        )
        raise FunctionError("Function.ResponseSizeTooLarge", message, message)
    return text


def error_payload(error: FunctionError, request_id: str) -> dict[str, str]:
    """A failure as the payload of Lambda's answer."""
    if error.kind == "Function.Timeout":
        return {"errorType": "Sandbox.Timedout", "errorMessage": f"RequestId: {request_id} Error: {error.message}"}
    return {"errorType": error.kind, "errorMessage": error.message or error.detail, "requestId": request_id}
