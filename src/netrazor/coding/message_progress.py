"""Progress of an encoder or a decoder, told to a function of the caller."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with the elements that are done, and those of all arrays in all passes."""


class ProgressCounter:
    """Counts elements, and tells ``progress`` if one was given."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def add(self, elements: int) -> None:
        """So many more are done."""
        self._done += elements
        if self._progress is not None:
            self._progress(self._done, self._total)
