"""Tasks that take turns, one at a time, in an order that a seed decides."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from greenlet import getcurrent, greenlet

MAX_STEPS = 20_000


class Stuck(AssertionError):
    """A schedule did not end within MAX_STEPS turns."""


class _Greenlet(greenlet):
    task: Task


class Task:
    """One thread of work. `owner` is whatever the writes that it makes are to be attributed to."""

    def __init__(self, name: str, work: Callable[[], None], priority: float) -> None:
        self.name = name
        self.owner: Any = None
        self.priority = priority
        self._greenlet = _Greenlet(work)
        self._greenlet.task = self

    def start(self) -> None:
        """Run to the first turn now, and then go back to the task that is running."""
        hub = self._greenlet.parent
        self._greenlet.parent = getcurrent()
        self._greenlet.switch()
        self._greenlet.parent = hub  # type: ignore[assignment]

    def step(self) -> bool:
        """Run until the next turn; whether there is more to do."""
        self._greenlet.switch()
        return not self._greenlet.dead


class Scheduler:
    """Runs tasks until all have ended; `turn` is where a task lets another go first.

    With `depth` None the next task is drawn at random each time. Otherwise the order is by random priorities that
    change at `depth` random moments, which finds a bug that needs so many ordered steps with a known probability
    (Burckhardt and others, "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010).
    """

    def __init__(self, seed: int, depth: int | None = None, length: int = 200) -> None:
        self.random = random.Random(seed)
        self.trace: list[str] = []
        self.after_step: Callable[[], None] = lambda: None
        self._hub = getcurrent()
        self._tasks: list[Task] = []
        self._by_priority = depth is not None
        self._changes = {self.random.randrange(length) for _ in range(depth or 0)}
        self._lowest = 0.0

    @property
    def current(self) -> Task | None:
        """The task that is running; None outside of all."""
        return getattr(getcurrent(), "task", None)

    def spawn(self, name: str, work: Callable[[], None]) -> Task:
        """A further task, which gets its first turn when it is drawn."""
        task = Task(name, work, self.random.random())
        self._tasks.append(task)
        return task

    def turn(self, label: str) -> None:
        """Let another task go first, perhaps. Outside of all tasks it does nothing."""
        task = self.current
        if task is None:
            return
        self.trace.append(f"{task.name}: {label}")
        self._hub.switch()

    def pause(self, label: str) -> None:
        """A turn of a task that waits: whoever has work comes first."""
        task = self.current
        if task is not None:
            self._demote(task)
        self.turn(label)

    def run(self) -> None:
        """Run every task to its end."""
        for step in range(MAX_STEPS):
            if not self._tasks:
                return
            task = self._next(step)
            if not task.step():
                self._tasks.remove(task)
            self.after_step()
        raise Stuck(f"no end after {MAX_STEPS} turns")

    def _next(self, step: int) -> Task:
        if not self._by_priority:
            return self.random.choice(self._tasks)
        first = max(self._tasks, key=lambda task: task.priority)
        if step in self._changes:
            self._demote(first)
            first = max(self._tasks, key=lambda task: task.priority)
        return first

    def _demote(self, task: Task) -> None:
        self._lowest -= 1
        task.priority = self._lowest
