"""A bar for people at a terminal: how far, how fast, and how long it takes. Elsewhere there is none."""

from __future__ import annotations

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text


class Rate(ProgressColumn):
    """How many in a second."""

    def render(self, task: Task) -> Text:
        """The speed of the last moments."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s")


class Bar:
    """A bar with a number of things to do; None if it is not known. `refused` is shown beside it."""

    def __init__(self, words: str, total: int | None, done: int = 0) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
        refused = TextColumn("[red]{task.fields[refused]}")
        shown = Console(file=sys.stderr)
        self._progress = Progress(
            *columns, refused, console=shown, disable=not sys.stderr.isatty(), speed_estimate_period=10
        )
        self._task = self._progress.add_task(words, total=total, completed=done, refused="")

    def advance(self, steps: int = 1, refused: int = 0) -> None:
        """Move the bar by some steps."""
        said = f"{refused} refused" if refused else ""
        self._progress.update(self._task, advance=steps, refused=said)

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._progress.stop()
