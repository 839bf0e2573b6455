"""The bounds of one data set on a line: where each mark, tick and label of the drawing goes."""

import math
from dataclasses import dataclass

from netrazor.website.rows import DatasetBoard, Row

WIDTH, LEFT, RIGHT = 640, 12, 628
TOP, STEP, BELOW = 46, 22, 34
LEAST, MOST = 0.5, 150.0  # per cent; the scale is logarithmic
_LABEL_ROOM = 7.0  # of a letter, in units of the drawing
_TICKS = (0.5, 1, 2, 5, 10, 20, 50, 100)


@dataclass(frozen=True)
class Mark:
    """A bound: a disc for a certificate, a square for a published one, and its label on the side with room."""

    row: Row
    x: float
    y: float
    label: str
    label_x: float
    anchor: str


@dataclass(frozen=True)
class Tick:
    """A place of the scale."""

    x: float
    label: str


@dataclass(frozen=True)
class Line:
    """A yardstick."""

    x: float
    y: float
    label: str
    anchor: str


@dataclass(frozen=True)
class BoundPlot:
    """A drawing of `WIDTH` by `height`, and what it shows in words."""

    title: str
    height: float
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]

    @property
    def bottom(self) -> float:
        """Where the scale stands."""
        return self.height - BELOW


def place_of(percent: float) -> float:
    """Where a share in per cent stands on the scale."""
    inside = min(max(percent, LEAST), MOST)
    return LEFT + (RIGHT - LEFT) * math.log(inside / LEAST) / math.log(MOST / LEAST)


def plot_of(board: DatasetBoard) -> BoundPlot:
    """A mark for each row, one below the other, the tightest first."""
    marks = tuple(_mark(row, TOP + STEP * place) for place, row in enumerate(board.rows))
    lines = tuple(_line(each.title, each.percent, place) for place, each in enumerate(board.yardsticks))
    ticks = tuple(Tick(place_of(tick), f"{tick:g} %") for tick in _TICKS)
    height = TOP + STEP * len(marks) + BELOW
    return BoundPlot(f"Certified and published bounds on {board.part.title}", height, marks, ticks, lines)


def _mark(row: Row, y: float) -> Mark:
    x = place_of(row.bound_percent)
    label = f"{row.who}  {row.cells['bound']}"
    fits_right = x + 10 + _LABEL_ROOM * len(label) < WIDTH
    return Mark(row, x, y, label, x + 10 if fits_right else x - 10, "start" if fits_right else "end")


def _line(title: str, percent: float, place: int) -> Line:
    x = place_of(percent)
    fits_right = x + 6 + _LABEL_ROOM * len(title) < WIDTH
    return Line(x, 12 + 14 * (place % 2), title, "start" if fits_right else "end")
