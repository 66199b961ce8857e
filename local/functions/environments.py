"""Execution environments of functions: each is a thread with its own modules that serves one request at a time.

Its os.environ is the function's, not the developer's.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import importlib
import os
import pdb
import queue
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.functions import isolation

STACK_LINES = 12
DEBUG_SECONDS = 3600.0  # the remaining time that a function sees while a debugger is attached
IMPORT_ONLY = object()  # an event that only has the code imported


@dataclass(frozen=True)
class Settings:
    """The settings of one function in the template: `timeout` in seconds, `memory` in MB."""

    logical_id: str
    name: str
    arn: str
    handler: str
    folder: Path
    environment: Mapping[str, str]
    timeout: float = 3.0
    memory: int = 128
    log_group: str = ""
    concurrency: int = 10
    paths: tuple[Path, ...] = ()  # folders of packages and layers, after that of the code
    reserved: bool = False  # whether the template says the concurrency


class FunctionError(Exception):
    """A function that did not answer: Lambda's errorType and errorMessage, and `detail` for people."""

    def __init__(self, kind: str, detail: str, message: str = "") -> None:
        super().__init__(kind)
        self.kind, self.detail, self.message = kind, detail, message


class Throttled(FunctionError):
    """Lambda's own refusal: the function has as many environments as its reserved concurrency allows."""

    def __init__(self, concurrency: int) -> None:
        detail = f"Rate Exceeded: the reserved concurrency is {concurrency}"
        super().__init__("TooManyRequestsException", detail, "Rate Exceeded.")


class Timeout(BaseException):
    """Raised inside a function whose time is up; no `except Exception` holds it."""


class Context:
    """The `context` of a handler, with the attributes that Lambda's Python runtime has."""

    function_version = "$LATEST"
    identity = None
    client_context = None

    def __init__(self, settings: Settings, request_id: str, stream: str) -> None:
        self.function_name = settings.name
        self.invoked_function_arn = settings.arn
        self.memory_limit_in_mb = str(settings.memory)
        self.log_group_name = settings.log_group or f"/aws/lambda/{settings.name}"
        self.log_stream_name = stream
        self.aws_request_id = request_id
        self._deadline = time.monotonic() + (DEBUG_SECONDS if debugged() else settings.timeout)

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is cut."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


@dataclass
class Call:
    """One invocation on its way to an environment and back."""

    event: Any
    context: Context
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[Any]
    timers: list[asyncio.TimerHandle] = field(default_factory=list)
    over: bool = False  # the function has returned, or was cut

    def finish(
        self, answer: Any, error: FunctionError | None, freed: Callable[[Environment], None], environment: Environment
    ) -> None:
        """Give the environment back and the result to the event loop; it may have stopped waiting."""
        with contextlib.suppress(RuntimeError):  # the loop is gone when the server is
            self.loop.call_soon_threadsafe(self._end, answer, error, freed, environment)

    def _end(
        self, answer: Any, error: FunctionError | None, freed: Callable[[Environment], None], environment: Environment
    ) -> None:
        self.over = True
        for timer in self.timers:
            timer.cancel()
        freed(environment)  # first, so that the client's next request finds it
        self.end(answer, error)

    def end(self, answer: Any, error: FunctionError | None) -> None:
        """End the call, once."""
        if not self.done.done():
            self.done.set_exception(error) if error else self.done.set_result(answer)


class Environment:
    """One execution environment: a thread that imports the code once and then serves one call at a time."""

    def __init__(
        self, settings: Settings, variables: Mapping[str, str], version: int, freed: Callable[[Environment], None]
    ) -> None:
        self.settings, self.version, self.freed = settings, version, freed
        self.stream = time.strftime("%Y/%m/%d/[$LATEST]") + uuid.uuid4().hex
        self.variables = {**variables, "AWS_LAMBDA_LOG_STREAM_NAME": self.stream}
        self.calls: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        self.handler: Callable[[Any, Context], Any] | None = None
        self.retired = False
        self.paused = False  # a debugger stops the clock
        self.thread = threading.Thread(target=self.run, name=settings.logical_id, daemon=True)
        self.thread.start()

    def run(self) -> None:
        """The thread's life; an interruption that comes between two calls ends it."""
        with contextlib.suppress(Timeout):
            self.serve()

    def serve(self) -> None:
        """Serve calls until told to end."""
        sandbox = isolation.Sandbox(self.settings.folder, self.variables, self.settings.paths)
        isolation.enter(sandbox, self)
        while (call := self.calls.get()) is not None:
            self.run_one(call)
            del call  # an idle environment keeps no event

    def run_one(self, call: Call) -> None:
        """Run the handler for one call; import it first if needed."""
        answer, error = None, None
        try:
            self.paused = False
            isolation.request_id(call.context.aws_request_id)
            if self.handler is None:
                self.handler = load(self.settings.handler)
            if call.event is not IMPORT_ONLY:
                answer = self.handler(call.event, call.context)
        except Timeout:
            error = FunctionError("Function.Timeout", f"stopped after {self.settings.timeout:g} s")
        except BaseException as raised:  # noqa: BLE001 - whatever a function raises is its own failure
            error = function_error(raised, self.settings.folder, imported=self.handler is not None)
        call.finish(answer, error, self.freed, self)

    def interrupt(self) -> None:
        """Raise Timeout in the thread; code that waits outside Python sees it when it comes back."""
        self.retired = True
        self.calls.put(None)
        if self.thread.ident:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.thread.ident), ctypes.py_object(Timeout))

    def retire(self) -> None:
        """Let the thread end once it is idle."""
        self.retired = True
        self.calls.put(None)


def load(handler: str) -> Callable[[Any, Context], Any]:
    """Import `module.function` as Lambda does."""
    module, _, name = handler.rpartition(".")
    found = getattr(importlib.import_module(module.replace("/", ".")), name, None)
    if found is None:
        raise ImportError(f"Handler '{name}' missing on module '{module}'")
    return found  # type: ignore[no-any-return]


def debugged() -> bool:
    """Whether a debugger is attached to the process."""
    pydevd = sys.modules.get("pydevd")
    return bool(pydevd and getattr(pydevd, "connected", False)) or sys.gettrace() is not None


def stop_the_clock(*args: Any, **kwargs: Any) -> Any:
    """breakpoint(): while a person looks, the function's time stands still."""
    environment = isolation.owner()
    if environment is None:
        return sys.__breakpointhook__(*args, **kwargs)
    environment.paused = True
    if "PYTHONBREAKPOINT" in os.environ:
        return sys.__breakpointhook__(*args, **kwargs)
    return pdb.Pdb().set_trace(sys._getframe(1))


def function_error(raised: BaseException, folder: Path, *, imported: bool) -> FunctionError:
    """A raised exception as Lambda names it, and the part of its traceback that speaks of the function's code."""
    trace = traceback.TracebackException.from_exception(raised)
    frames = [frame for frame in trace.stack if isolation.inside(frame.filename, folder)]
    lines = traceback.format_list(frames[-STACK_LINES:]) + list(trace.format_exception_only())
    kind = type(raised).__name__
    if not imported:
        kind = "Runtime.UserCodeSyntaxError" if isinstance(raised, SyntaxError) else "Runtime.ImportModuleError"
    return FunctionError(kind, "".join(lines).rstrip(), str(raised))
