"""Masks by margin totals: how many ones each row and each column has, then where they are.

Rows are the slices along axis 0, columns all positions along the other axes. With the totals known, an element is
predicted from what is left to place in its row and in its column, and nothing needs to be sent where none or all are
left: where the activities of rows and columns are independent, this comes close to the number of such masks.
"""

from collections.abc import Callable
from math import prod

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.adaptive_odds import INITIAL_WEIGHT, AdaptiveOdds
from netrazor.coding.coder import Coder
from netrazor.coding.compiled import elements_of, models_for, run
from netrazor.coding.count_model import NODES, RATE, WEIGHT, CountModel
from netrazor.coding.element_contexts import (
    COUNT_CLASSES,
    Activity,
    Grid,
    Indices,
    Mask,
    contexts,
    count_class,
    numbered,
    predecessors,
    slice_groups,
)
from netrazor.coding.log_odds import log
from netrazor.coding.mixed_mask import mask_of
from netrazor.errors import CorruptMessage

Totals = NDArray[np.int64]

_NO_MASK = "the totals of rows and columns fit no mask; get the message again"


def code_by_totals(
    coder: Coder,
    mask: Mask | None,
    box: tuple[int, ...],
    activity: Activity | None,
    spend: Callable[[int], None],
) -> Mask:
    """A mask over a box of two axes or more; ``activity`` is that of the outputs that feed axis 1.

    Decisions are announced to ``spend`` before they are made.
    """
    height, width = box[0], prod(box[1:])
    flat = None if mask is None else mask.reshape(height, width)
    spend(_decisions_on_totals(height, width))
    rows = _code_totals(
        coder, None if flat is None else flat.sum(axis=1), Grid(box[:1], np.arange(height)), width
    )
    live, ones = int(np.count_nonzero(rows)), int(rows.sum())
    grid = Grid(box[1:], np.arange(width), activity, 0)
    columns = _code_totals(coder, None if flat is None else flat.sum(axis=0), grid, live, ones)
    spend(live * int(np.count_nonzero(columns)))
    return _code_places(coder, flat, box, rows, columns)


def decisions_by_totals(mask: Mask) -> int:
    """At most so many decisions are made on a mask."""
    flat = mask.reshape(len(mask), -1)
    live = int(np.count_nonzero(flat.any(axis=1))) * int(np.count_nonzero(flat.any(axis=0)))
    return _decisions_on_totals(*flat.shape) + live


def _decisions_on_totals(height: int, width: int) -> int:
    return CountModel.decisions(height + width, max(height, width))


def _code_totals(
    coder: Coder, totals: Totals | None, grid: Grid, most: int, ones: int | None = None
) -> Totals:
    """A total for each position of a full grid, at most ``most``; with ``ones`` in all, the last follows."""
    columns, sizes = contexts(grid)
    neighbours = sum(length > 1 for length in grid.shape)
    number = len(grid.positions)
    asked = neighbours + 2 * (neighbours > 1) + (ones is not None)
    cells = (sum(sizes) + asked * COUNT_CLASSES) * NODES
    if (models := models_for(coder, CountModel.decisions(number, most), cells)) is not None:
        flat = np.zeros(number, np.int64) if totals is None else totals.astype(np.int64)
        mixer = models.mixer_state(len(columns) + asked, WEIGHT, RATE, cells, NODES)
        elements = elements_of(models, grid, columns, sizes)
        arguments = (mixer, elements, most, -1 if ones is None else ones, flat)
        run(models, coder, models.totals, CountModel.decisions(number, most), *arguments)
        _check_last(flat, most)
        return flat
    coded = [0] * (number + 1)
    model = CountModel(len(columns) + asked)
    left = ones
    visited = zip(numbered(columns, sizes, number), predecessors(grid), strict=True)
    for at, (found, back) in enumerate(visited):
        if left is not None and at == number - 1:
            coded[at] = left
            break
        near = [coded[position] for position in back]
        if len(near) > 1:
            near += [sum(near), max(near)]
        if left is not None:
            near.append(4 * left // (number - at))
        found += [sum(sizes) + kind * COUNT_CLASSES + count_class(total) for kind, total in enumerate(near)]
        limit = most if left is None else min(most, left)
        coded[at] = model.code(coder, None if totals is None else int(totals[at]), limit, found)
        if left is not None:
            left -= coded[at]
    made = np.array(coded[:-1], dtype=np.int64)
    _check_last(made, most)
    return made


def _check_last(totals: Totals, most: int) -> None:
    if totals[-1] > most:
        raise CorruptMessage(
            f"a column of {most} elements should have {totals[-1]} ones; get the message again"
        )


def _code_places(
    coder: Coder, mask: Mask | None, box: tuple[int, ...], rows: Totals, columns: Totals
) -> Mask:
    """The ones of a mask of which the totals are known, row after row."""
    live_rows, live_columns = np.flatnonzero(rows), np.flatnonzero(columns)
    grid = Grid(box, (live_rows[:, None] * len(columns) + live_columns).ravel())
    kinds, sizes = _interactions(grid)
    near = sum(sizes)
    cells = near + (1 << len(box))
    if (models := models_for(coder, len(grid.positions), cells)) is not None:
        flat = np.zeros(prod(box) + 1, dtype=np.uint8)
        if mask is not None:
            flat[:-1] = mask.ravel()
        adaptive = models.odds_state(len(kinds) + 1, INITIAL_WEIGHT, cells)
        elements = elements_of(models, grid, kinds, sizes)
        arguments = (adaptive, elements, rows[live_rows], columns[live_columns], flat)
        if not run(models, coder, models.places, len(grid.positions), *arguments):
            raise CorruptMessage(_NO_MASK)
        return flat[:-1].astype(np.bool_).reshape(box)
    odds = AdaptiveOdds(len(kinds) + 1)
    known = bytearray(prod(box) + 1)
    visited = zip(
        grid.positions.tolist(),
        numbered(kinds, sizes, len(grid.positions)),
        predecessors(grid),
        strict=True,
    )
    left = columns[live_columns].tolist()
    logs = [0.0, *map(log, range(1, max(len(live_rows), len(live_columns)) + 1))]
    for rows_left, row in zip(range(len(live_rows), 0, -1), live_rows.tolist(), strict=True):
        bits = None if mask is None else mask[row, live_columns].astype(int).tolist()
        rest = _Rest(rows_left, int(rows[row]), left, logs)
        for column, ones in enumerate(left):
            position, found, back = next(visited)
            if rest.is_open(ones):
                around = 0
                for neighbour in back:
                    around = 2 * around + known[neighbour]
                bit = None if bits is None else bits[column]
                bit = odds.code(coder, bit, rest.log_odds(ones), [*found, near + around])
            else:
                bit = rest.settled(ones)
            rest.take(ones, bit)
            left[column] -= bit
            known[position] = bit
    return mask_of(known, box)


class _Rest:
    """What is left to place in one row: ``ones`` in the columns that are neither used up nor certain."""

    def __init__(self, rows_left: int, ones: int, left: list[int], logs: list[float]) -> None:
        self._rows_left = rows_left
        self._logs = logs
        self._ones = ones - left.count(rows_left)
        undecided = [total for total in left if 0 < total < rows_left]
        self._places = len(undecided)
        self._supply = sum(undecided)
        if not 0 <= self._ones <= self._places:
            raise CorruptMessage(_NO_MASK)

    def is_open(self, total: int) -> bool:
        """Whether an element in a column with so many ones left is to be decided."""
        return 0 < total < self._rows_left and 0 < self._ones < self._places

    def settled(self, total: int) -> int:
        """The element, where it is not."""
        return int(total == self._rows_left or (total > 0 and self._ones > 0))

    def log_odds(self, total: int) -> float:
        """Those of the column, and those of the row against what its columns let expect."""
        logs, supply = self._logs, self._supply
        column = logs[total] - logs[self._rows_left - total]
        row = column + logs[self._ones] - logs[self._places - self._ones]
        return row - log(supply) + log(self._places * self._rows_left - supply)

    def take(self, total: int, bit: int) -> None:
        """Go on behind an element of a column with so many ones left."""
        if 0 < total < self._rows_left:
            self._ones -= bit
            self._places -= 1
            self._supply -= total


def _interactions(grid: Grid) -> tuple[list[Indices], list[int]]:
    """The contexts of elements but for those whose effect is in the totals."""
    column = tuple(axis for axis in range(1, len(grid.shape)) if grid.shape[axis] > 1)
    columns, sizes = contexts(grid)
    kept = [kind for kind, group in enumerate(slice_groups(grid.shape)) if group not in ((0,), column)]
    return [columns[kind] for kind in kept], [sizes[kind] for kind in kept]
