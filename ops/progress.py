"""
What a person sees while the journey runs: one line per step, with a bar where the length is known.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

console = Console()


class Step:
    """A step under way: say what is happening, or how far it has come."""

    def __init__(self, progress: Progress, title: str, total: int | None) -> None:
        self._progress = progress
        self._task = progress.add_task(title, total=total, note="")

    def say(self, note: str) -> None:
        self._progress.update(self._task, note=note)

    def reach(self, count: int) -> None:
        self._progress.update(self._task, completed=count)

    def finish(self) -> None:
        total = self._progress.tasks[0].total or 1
        self._progress.update(self._task, total=total, completed=total)


class Steps:
    """The steps taken so far and the seconds that each took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.current = ""

    @contextmanager
    def step(self, name: str, title: str, *, total: int | None = None) -> Iterator[Step]:
        started, self.current = time.monotonic(), title
        with Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description:29}"),
            BarColumn(bar_width=12),
            *([MofNCompleteColumn()] if total else []),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[note]}"),
            console=console,
        ) as progress:
            step = Step(progress, title, total)
            yield step
            step.finish()
        self.seconds[name] = round(time.monotonic() - started, 1)
