"""How far a message is written or read."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with the elements that are done, and those of all arrays in all passes."""


class Steps:
    """Counts elements, and tells ``progress`` if there is anybody to tell."""

    def __init__(self, progress: Progress | None, altogether: int) -> None:
        self._progress = progress
        self._altogether = altogether
        self._done = 0

    def take(self, elements: int) -> None:
        """So many more are done."""
        self._done += elements
        if self._progress is not None:
            self._progress(self._done, self._altogether)
