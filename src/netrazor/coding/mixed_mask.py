"""Masks of non-zero elements, one decision after another, each mixed from the contexts of its element."""

from dataclasses import dataclass
from functools import partial
from math import prod

import numpy as np

from netrazor.coding.coder import Coder
from netrazor.coding.compiled import elements_of, models_for, run
from netrazor.coding.context_mixing import Mixer
from netrazor.coding.element_contexts import (
    Activity,
    Grid,
    Mask,
    contexts,
    numbered,
    output_counts,
    predecessors,
)
from netrazor.coding.message_context import MessageContext, TrialKey

_WEIGHT = 0.2
_RATE = 0.02


@dataclass(frozen=True)
class EmptySlices:
    """Whether it is sent first which rows (slices along axis 0), and which columns (all other axes), are empty."""

    rows: bool = False
    columns: bool = False


def code_mixed_mask(
    context: MessageContext,
    key: TrialKey,
    mask: Mask | None,
    box: tuple[int, ...],
    activity: Activity | None,
    told: EmptySlices | None,
) -> Mask:
    """The mask of an array inside its box, element by element."""
    inside = np.ones(box, dtype=np.bool_)
    if len(box) > 1:
        if context.choose("live rows", None if told is None else told.rows):
            rows = None if mask is None else output_counts(mask) > 0
            model = partial(code_pattern, mask=rows, grid=Grid(box[:1], np.arange(box[0])))
            inside &= context.run((key, "rows"), model).reshape(-1, *(1,) * (len(box) - 1))
        if context.choose("live columns", None if told is None else told.columns):
            columns = None if mask is None else np.logical_or.reduce(mask, axis=0)
            grid = Grid(box[1:], np.arange(prod(box[1:])), activity, 0)
            inside &= context.run((key, "columns"), partial(code_pattern, mask=columns, grid=grid))
    grid = Grid(box, np.flatnonzero(inside), activity, min(1, len(box) - 1))
    return context.run((key, "elements", told), partial(code_pattern, mask=mask, grid=grid))


def code_pattern(coder: Coder, mask: Mask | None, grid: Grid) -> Mask:
    """The mask over the grid's box, false at the positions that the grid does not visit."""
    number = len(grid.positions)
    columns, sizes = contexts(grid)
    has_neighbours = any(length > 1 for length in grid.shape)
    first_neighbour = sum(sizes)
    cells = first_neighbour + (1 << len(grid.shape))
    if (models := models_for(coder, number, cells)) is not None:
        flat = np.zeros(prod(grid.shape) + 1, dtype=np.uint8)
        mixed = models.mixer_state(len(columns) + has_neighbours, _WEIGHT, _RATE, cells, 1)
        given = np.zeros(number, np.uint8) if mask is None else mask.ravel()[grid.positions].astype(np.uint8)
        elements = elements_of(models, grid, columns, sizes)
        run(models, coder, models.pattern, number, mixed, elements, given, flat)
        return flat[:-1].astype(np.bool_).reshape(grid.shape)
    bits: list[int] | list[None] = [None] * number
    if mask is not None:
        bits = mask.ravel()[grid.positions].astype(int).tolist()
    mixer = Mixer(len(columns) + has_neighbours, _WEIGHT, _RATE)
    known = bytearray(prod(grid.shape) + 1)
    visited = zip(
        bits, grid.positions.tolist(), numbered(columns, sizes, number), predecessors(grid), strict=True
    )
    for bit, position, found, back in visited:
        if has_neighbours:
            around = 0
            for neighbour in back:
                around = 2 * around + known[neighbour]
            found.append(first_neighbour + around)
        known[position] = mixer.code(coder, bit, found)
    return mask_of(known, grid.shape)


def mask_of(known: bytearray, shape: tuple[int, ...]) -> Mask:
    """A mask from its bytes, without the last one."""
    return np.frombuffer(known, dtype=np.bool_)[:-1].reshape(shape)
