"""The signs around an element, of the elements that are already known: contexts for its own sign and size.

Trained filters are smooth: a weight mostly has the sign of its neighbours in the kernel, and of the weights at the
same place in the output's other kernels.
"""

from array import array
from collections import defaultdict
from collections.abc import Sequence
from math import prod
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.element_contexts import Grid

_KERNEL_STEPS = (
    (0, -1, 2),
    (-1, 0, 2),
    (-1, -1, 1),
    (-1, 1, 1),
    (0, -2, 1),
    (-2, 0, 1),
)  # down, right, weight
_KERNEL_SPAN = 8  # the sum of these weights
_TEMPLATE_SPAN = 6
_UNKNOWN = 1  # signs are kept as 0 (negative), 1 (unknown) and 2 (positive)


class ContextTemplate:
    """Signs by position; made for the positions of a grid, visited in their order."""

    def __init__(self, grid: Grid) -> None:
        self._signs = bytearray([_UNKNOWN]) * (prod(grid.shape) + 1)
        self._positions = _compact(grid.positions)
        self._grid = grid
        self._has_space = len(grid.shape) > 2
        self._kernel: list[tuple[Sequence[int], int]] = []
        self._width = self._plane = 0
        self.sizes = [3 ** sum(length > 1 for length in grid.shape)]
        if self._has_space:
            self.sizes += [2 * _KERNEL_SPAN + 1, 2 * _TEMPLATE_SPAN + 1]
            height, width = (1, *grid.shape[2:])[-2:] if len(grid.shape) == 3 else grid.shape[-2:]
            rows, columns = np.divmod(grid.positions % (height * width), width)
            self._kernel = _kernel_positions(grid, rows, columns, width)
            self._width = width + 2
            self._plane = (height + 2) * self._width
            self._places = _compact((rows + 1) * self._width + columns + 1)
            self._outputs = _compact(grid.positions // prod(grid.shape[1:]))
            self._output = -1
            self._template: defaultdict[int, int] = defaultdict(int)

    def contexts(self, at: int, back: list[int]) -> list[int]:
        """The contexts of the element visited at time ``at``, one below each of ``sizes``; its predecessors."""
        signs = self._signs
        around = 0
        for position in back:
            around = 3 * around + signs[position]
        if not self._has_space:
            return [around]
        if self._outputs[at] != self._output:
            self._output = self._outputs[at]
            self._template.clear()
        kernel = sum(weight * signs[positions[at]] for positions, weight in self._kernel)
        template, place, width = self._template, self._places[at], self._width
        sides = template[place - 1] + template[place + 1] + template[place - width] + template[place + width]
        votes = 2 * template[place] + sides
        return [
            around,
            kernel,
            max(-_TEMPLATE_SPAN, min(_TEMPLATE_SPAN, votes)) + _TEMPLATE_SPAN,
        ]

    def compiled(self, models: ModuleType, offsets: list[int]) -> object:
        """The template for compiled models, which number the contexts beside ``around`` from ``offsets`` on."""
        grid, nothing = self._grid, np.zeros(0, dtype=np.int64)
        kernel = [np.array(positions, dtype=np.int64) for positions, _ in self._kernel]
        return models.Template(
            np.full(prod(grid.shape) + 1, _UNKNOWN, dtype=np.uint8),
            np.array(offsets, dtype=np.int64),
            self._has_space,
            np.stack(kernel) if kernel else np.zeros((0, 0), dtype=np.int64),
            np.array([weight for _, weight in self._kernel], dtype=np.int64),
            np.array(self._places, dtype=np.int64) if self._has_space else nothing,
            np.array(self._outputs, dtype=np.int64) if self._has_space else nothing,
            self._width,
            np.zeros(self._plane, dtype=np.int64),
        )

    def put(self, at: int, sign: int) -> None:
        """The element visited at time ``at`` has this sign, -1 or 1."""
        self._signs[self._positions[at]] = _UNKNOWN + sign
        if self._has_space:
            self._template[self._places[at]] += sign


def _kernel_positions(
    grid: Grid, rows: NDArray[np.intp], columns: NDArray[np.intp], width: int
) -> list[tuple[Sequence[int], int]]:
    """Flat positions of the neighbours in the kernel, and their weights; one past the end where there is none."""
    end = prod(grid.shape)
    found: list[tuple[Sequence[int], int]] = []
    for down, right, weight in _KERNEL_STEPS:
        inside = (rows + down >= 0) & (columns + right >= 0) & (columns + right < width)
        found.append((_compact(np.where(inside, grid.positions + down * width + right, end)), weight))
    return found


def _compact(numbers: NDArray[np.intp]) -> Sequence[int]:
    """Numbers that are read one by one: as fast as a list, at a fifth of its memory."""
    return array("q", numbers.astype(np.int64).tobytes())
