"""Progress bars with the time left."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class Bars:
    """One bar for each stage; on a terminal they move, elsewhere each stage leaves a line when it ends."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @contextmanager
    def stage(self, name: str, steps: int, done: int = 0) -> Iterator[Callable[..., None]]:
        """A stage of ``steps`` steps, ``done`` of which were done before."""
        with self._progress() as progress:
            task = progress.add_task(name, total=steps, completed=done)

            def tick(amount: int = 1) -> None:
                progress.advance(task, amount)

            yield tick

    @contextmanager
    def measured(self, name: str) -> Iterator[Callable[[int, int], None]]:
        """A stage that tells how much of how much is done as it goes."""
        with self._progress() as progress:
            task = progress.add_task(name, total=None)

            def show(done: int, altogether: int) -> None:
                progress.update(task, completed=done, total=altogether)

            yield show

    def _progress(self) -> Progress:
        columns = (
            TextColumn("{task.description:<14}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        return Progress(*columns, console=self.console, refresh_per_second=4)

    def say(self, line: str) -> None:
        """One line that stays."""
        self.console.print(line)
