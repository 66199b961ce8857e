"""Functions that the emulated AWS invokes, for queues, streams, schedules and the like, run where `make run` runs them.

A pair of sockets joins the two processes: a line of JSON for each invocation, a line for each result, in any order.
Everything around an invocation stays in ministack: filters, batches, retries, destinations.
"""

from __future__ import annotations

import itertools
import json
import logging
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

from local.aws.emulator.internals import Lambda, Poll

GONE = {
    "error": {
        "errorType": "Runtime.ExitError",
        "errorMessage": "the process that runs the functions has ended",
    }
}
HANDED_BACK = {
    "error": {
        "errorType": "BatchItemFailures",
        "errorMessage": "the function returned failed records; the batch is retried",
    }
}
Result = dict[str, Any]
# Batches of a queue that are under way, unless its mapping says how many; Lambda begins with five. All functions share
# one process here. More at once would only take longer each, until the functions' time and that of the messages is up.
AT_ONCE = 2
MOST_AT_ONCE = 10  # as many as a function has environments (local.functions.host)
# How long the poller pauses after it was woken and has found nothing. Each write to a table with a stream wakes it, and
# what follows from the write comes into a queue a moment later, and waits until the pause is over. ministack pauses
# 0.05 seconds.
PAUSE_SECONDS = 0.005
IDLE_SECONDS = 60.0  # after which a mapping that nothing wakes is looked for
log = logging.getLogger("aws")


class Failure(dict[str, Any]):
    """The error of a function. As text it is the function's sentence: user pools show that to people."""

    def __str__(self) -> str:
        return str(self.get("errorMessage", ""))


class Host:
    """The other end. Any thread may invoke.

    `after_each` is called after each result, `note` with event and response.
    """

    def __init__(
        self, link: socket.socket, after_each: Callable[[], None], note: Callable[[Any, Any], None] = lambda *_: None
    ) -> None:
        self.link, self.after_each, self.note = link, after_each, note
        self.numbers = itertools.count()
        self.lock = threading.Lock()
        self.waiting: dict[int, queue.SimpleQueue[Result]] = {}
        self.ended = False
        self.streams: Streams | None = None
        threading.Thread(target=self.read, name="functions", daemon=True).start()

    def install(self, lambda_service: Lambda) -> None:
        """Have ministack send every invocation here. The console has the lines that ministack would log."""
        lambda_service.run_by(self.execute)
        lambda_service.limit_by(limited(lambda_service.batches_at_once))
        lambda_service.pause_by(PAUSE_SECONDS)
        self.streams = Streams(lambda_service)
        self.streams.install()

    def execute(self, function: dict[str, Any], event: Any, _url: str, request_id: str) -> Result:
        """One invocation, as ministack's own executors answer: `body`, and `error` where the function failed."""
        name = (function.get("config") or function)["FunctionName"]
        result = self.invoke({"function": name, "event": event, "requestId": request_id})
        self.after_each()
        self.note(event, result.get("answer"))
        if self.streams and self.streams.hands_back(result.get("answer")):
            result = HANDED_BACK
        if "error" in result:
            return {"body": Failure(result["error"]), "error": True, "function_error": "Unhandled", "log": ""}
        return {"body": result["answer"], "log": ""}

    def invoke(self, call: dict[str, Any]) -> Result:
        """Send one call and wait for its result; the other end holds the function to its time."""
        number, box = next(self.numbers), queue.SimpleQueue[Result]()
        self.waiting[number] = box
        try:
            if self.ended:
                return GONE
            with self.lock:
                self.link.sendall(json.dumps({"id": number, **call}).encode() + b"\n")
            return box.get()
        except OSError:
            return GONE
        finally:
            self.waiting.pop(number, None)

    def read(self) -> None:
        """Hand each result to who waits for it, until the other end is gone."""
        try:
            for line in self.link.makefile("rb"):
                result = json.loads(line)
                box = self.waiting.get(result["id"])
                if box:
                    box.put(result)
        except (OSError, ValueError):  # it went in the middle of a line
            pass
        self.ended = True
        for box in list(self.waiting.values()):
            box.put(GONE)


def limited(batches_at_once: Callable[..., int]) -> Callable[..., int]:
    """The same with the limits of this process."""

    def limit(mapping: dict[str, Any], *others: Any) -> int:
        own = (mapping.get("ScalingConfig") or {}).get("MaximumConcurrency")
        return min(batches_at_once(mapping, *others), MOST_AT_ONCE if own else AT_ONCE)

    return limit


class Streams:
    """Each mapping of a stream is polled in its own thread, because a slow function must not delay other sources.

    ministack polls all mappings in one thread and waits there for the functions of streams.
    """

    def __init__(self, lambda_service: Lambda) -> None:
        self.lambda_service = lambda_service
        self.mappings = lambda_service.mappings
        self.thread = threading.local()  # `mapping`: the only one that a poll in this thread sees
        self.wakes: dict[str, threading.Event] = {}

    def install(self) -> None:
        """Have ministack's poller wake these threads."""
        ours = self.lambda_service
        ours.poll_by(self.seen, self.waking("kinesis", ours.poll_kinesis), self.waking("dynamodb", ours.poll_dynamodb))

    def seen(self) -> Iterator[Any]:
        """The mappings that a poll in this thread sees."""
        only = getattr(self.thread, "mapping", None)
        return (found for found in self.mappings() if only in (None, found[2]["UUID"]))

    def hands_back(self, answer: Any) -> bool:
        """Whether a response to the stream polled in this thread names records to retry.

        ministack takes such a response for a success, and the records would be lost.
        """
        if not hasattr(self.thread, "mapping"):
            return False
        part = any("ReportBatchItemFailures" in found[2].get("FunctionResponseTypes", ()) for found in self.seen())
        return part and isinstance(answer, dict) and bool(answer.get("batchItemFailures"))

    def waking(self, service: str, poll: Poll) -> Poll:
        """The replacement of `poll`: wakes the threads of a service's mappings."""

        def wake() -> bool:
            for _, _, mapping in self.mappings():
                if f":{service}:" in mapping.get("EventSourceArn", ""):
                    self.wake(mapping["UUID"], poll)
            return False  # nothing was waited for

        return wake

    def wake(self, mapping: str, poll: Poll) -> None:
        """Wake the thread of one mapping; it is begun for the first time."""
        if mapping not in self.wakes:
            self.wakes[mapping] = threading.Event()
            threading.Thread(target=self.follow, args=(mapping, poll), name=f"stream {mapping}", daemon=True).start()
        self.wakes[mapping].set()

    def follow(self, mapping: str, poll: Poll) -> None:
        """Hand over what a mapping's stream has, whenever woken, until the mapping is gone."""
        self.thread.mapping = mapping
        while any(self.seen()):
            self.wakes[mapping].wait(IDLE_SECONDS)
            self.wakes[mapping].clear()
            try:
                while poll():
                    pass
            except Exception:
                log.exception("a stream cannot be polled")
        del self.wakes[mapping]
