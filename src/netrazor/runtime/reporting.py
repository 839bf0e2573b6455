"""How long stages of work tell somebody where they are."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Ticker(Protocol):
    """Advances one stage's progress."""

    def __call__(self, steps: int = 1) -> None: ...


class Reporter(Protocol):
    """Shows stages of known length; the command line's shows a bar with the time left."""

    def stage(self, name: str, steps: int, done: int = 0) -> AbstractContextManager[Ticker]:
        """A stage of ``steps`` steps, ``done`` of which were done before (a resumed run)."""
        ...

    def say(self, line: str) -> None:
        """One line that stays."""
        ...


class Silent:
    """A reporter that shows nothing."""

    def stage(self, name: str, steps: int, done: int = 0) -> AbstractContextManager[Ticker]:
        """A stage nobody watches."""
        return nullcontext(_ignore)

    def say(self, line: str) -> None:
        """Nothing."""


def _ignore(steps: int = 1) -> None:
    """Take any progress."""


SILENT = Silent()
