"""Lambda functions, run in this process as Lambda runs them: each with its own execution environments.

An environment is started when none is idle, and thrown away after a timeout or a change of the code.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any

from local.functions.environments import (
    IMPORT_ONLY,
    Call,
    Context,
    Environment,
    FunctionError,
    Settings,
    Throttled,
    debugged,
)
from local.functions.watch import Code, Codes
from local.wire import ids

__all__ = ["Function", "FunctionError", "Throttled"]


class Function:
    """One function and its environments. Everything but the environments' own work happens on the event loop."""

    def __init__(self, settings: Settings, variables: Mapping[str, str], code: Code | Codes) -> None:
        self.settings, self.variables, self.code = settings, variables, code
        self.idle: list[Environment] = []
        self.alive = 0
        self.warming = False
        self.waiting: deque[asyncio.Future[Environment]] = deque()

    async def invoke(self, event: Any, wait: float | None = None, request_id: str = "") -> tuple[Any, str]:
        """Run the handler; its answer and Lambda's request id, made here unless given.

        Raises FunctionError, Throttled, and TimeoutError when `wait` seconds (the gateway's patience) pass first.
        """
        loop = asyncio.get_running_loop()
        request_id = request_id or ids.request_id()
        end = None if wait is None else loop.time() + wait
        environment = await self.acquire(loop, end)
        call = Call(event, Context(self.settings, request_id, environment.stream), loop, loop.create_future())
        call.timers.append(loop.call_later(self.settings.timeout, self.expire, environment, call))
        if end is not None:
            call.timers.append(loop.call_at(end, self.give_up, environment, call))
        environment.calls.put(call)
        return await call.done, request_id

    async def warm(self) -> None:
        """Import the code ahead of the first request. Raises FunctionError when it cannot be."""
        if self.settings.concurrency:
            self.warming = True
            try:
                await self.invoke(IMPORT_ONLY)
            finally:
                self.warming = False

    async def acquire(self, loop: asyncio.AbstractEventLoop, end: float | None) -> Environment:
        """An idle environment, a new one, or, when there are as many as may be, the next that is free."""
        version = self.code.current()
        while self.idle:
            environment = self.idle.pop()
            if environment.version == version:
                return environment
            self.alive -= 1
            environment.retire()
        if self.alive < self.settings.concurrency:
            return self.start()
        if self.throttles(waits=end is None):
            raise Throttled(self.settings.concurrency)
        ticket: asyncio.Future[Environment] = loop.create_future()
        self.waiting.append(ticket)
        async with asyncio.timeout_at(end):
            return await ticket

    def throttles(self, *, waits: bool) -> bool:
        """Whether Lambda rejects a call that finds no environment free.

        Sources that are polled and asynchronous callers try again until it is accepted, which is to wait.
        """
        return self.settings.concurrency < 1 or (self.settings.reserved and not waits and not self.warming)

    def start(self) -> Environment:
        """A new environment."""
        self.alive += 1
        return Environment(self.settings, self.variables, self.code.current(), self.free)

    def free(self, environment: Environment) -> None:
        """An environment has answered: give it to who waits, or keep it; one with old code makes way for a new one."""
        if environment.retired:
            return
        if environment.version != self.code.current():
            environment.retire()
            self.drop()
            return
        while self.waiting:
            ticket = self.waiting.popleft()
            if not ticket.done():
                ticket.set_result(environment)
                return
        self.idle.append(environment)

    def drop(self) -> None:
        """An environment is gone: who waits gets a new one."""
        self.alive -= 1
        if self.waiting:
            self.free(self.start())

    def give_up(self, environment: Environment, call: Call) -> None:
        """Nobody waits for the answer any more; the function goes on until its own time is up."""
        if environment.paused or debugged():
            call.timers.append(call.loop.call_later(1.0, self.give_up, environment, call))
        elif not call.done.done():
            call.done.set_exception(TimeoutError())

    def expire(self, environment: Environment, call: Call) -> None:
        """The function's own time is up: fail the call and cut the environment."""
        if call.over:
            return
        if environment.paused or debugged():
            call.timers.append(call.loop.call_later(1.0, self.expire, environment, call))
            return
        call.over = True
        message = f"Task timed out after {self.settings.timeout:.2f} seconds"
        call.end(None, FunctionError("Function.Timeout", message, message))
        environment.interrupt()
        self.drop()

    def stop(self) -> None:
        """End every idle environment; threads under way end with the process."""
        for environment in self.idle:
            environment.retire()
