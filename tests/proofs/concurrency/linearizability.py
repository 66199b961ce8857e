"""Whether a history of overlapping operations is one that a sequential object could have had.

The search of Wing and Gong ("Testing and verifying concurrent objects", 1993): choose an operation that no other one
had ended before, see whether the sequential model can give its answer in the state so far, go on from there, and step
back when nothing fits. What was already tried, a set of operations done and the state they led to, is not tried again
(Lowe, "Testing for linearizability", 2017).

An operation without a known outcome may have taken effect at any time after it began, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

FOREVER = float("inf")


@dataclass(frozen=True)
class Operation:
    """One operation: what was asked, what was answered (None: unknown), and when it began and ended."""

    asked: Any
    answered: Any
    start: float
    end: float

    @property
    def unknown(self) -> bool:
        """Whether nobody knows what it came to."""
        return self.answered is None

    @property
    def over(self) -> float:
        """The moment by which it had taken effect, if it ever did."""
        return FOREVER if self.unknown else self.end


# The states that `operation` can lead to from `state`; none if the model could not have answered so.
Model = Callable[[Any, Operation], Iterable[Hashable]]


@dataclass(frozen=True)
class Verdict:
    """`order` is a sequential order that explains the history, or the longest beginning of one that was found."""

    linearizable: bool
    order: tuple[Operation, ...]
    left: tuple[Operation, ...]
    states_tried: int

    def __str__(self) -> str:
        lines = ["in this order:", *(f"  {operation}" for operation in self.order)]
        return "\n".join([*lines, "none of these can come next:", *(f"  {operation}" for operation in self.left)])


def check(history: Sequence[Operation], model: Model, initial: Hashable) -> Verdict:
    """Search for a sequential order of the history that respects time and the model."""
    return _Search(history, model).run(initial)


class _Search:
    def __init__(self, history: Sequence[Operation], model: Model) -> None:
        self._history = sorted(history, key=lambda operation: operation.start)
        self._model = model
        self._known = sum(1 << at for at, operation in enumerate(self._history) if not operation.unknown)
        self._tried: set[tuple[int, Hashable]] = set()
        self._longest: tuple[int, ...] = ()

    def run(self, initial: Hashable) -> Verdict:
        """Depth first; a frame is what is done, in which order, and the choices that are left there."""
        stack: list[tuple[int, tuple[int, ...], Any]] = [(0, (), self._choices(0, initial))]
        while stack:
            done, order, choices = stack[-1]
            if done & self._known == self._known:
                return self._verdict(True, order)
            step = next(choices, None)
            if step is None:
                stack.pop()
                continue
            at, state = step
            after = done | 1 << at
            if (after, state) not in self._tried:
                self._tried.add((after, state))
                stack.append((after, (*order, at), self._choices(after, state)))
                self._longest = max(self._longest, (*order, at), key=len)
        return self._verdict(False, self._longest)

    def _choices(self, done: int, state: Hashable) -> Any:
        """Every operation that can come next, with each state it can lead to."""
        for at in self._candidates(done):
            for following in self._model(state, self._history[at]):
                yield at, following

    def _candidates(self, done: int) -> list[int]:
        waiting = [at for at in range(len(self._history)) if not done >> at & 1]
        first_end = min((self._history[at].over for at in waiting), default=FOREVER)
        return [at for at in waiting if self._history[at].start <= first_end]

    def _verdict(self, linearizable: bool, order: tuple[int, ...]) -> Verdict:
        left = self._candidates(sum(1 << at for at in order)) if not linearizable else []
        known = [at for at in left if not self._history[at].unknown]
        return Verdict(
            linearizable,
            tuple(self._history[at] for at in order),
            tuple(self._history[at] for at in known),
            len(self._tried),
        )
