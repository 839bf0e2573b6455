"""The signs around an element, of the elements that are already known.

Trained filters are smooth: a weight mostly has the sign of its neighbours in the kernel, and of the weights at the
same place in the output's other kernels.
"""

from math import prod

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.contexts import Grid, steps_back

_KERNEL_STEPS = (
    (0, -1, 2),
    (-1, 0, 2),
    (-1, -1, 1),
    (-1, 1, 1),
    (0, -2, 1),
    (-2, 0, 1),
)  # down, right, weight
_KERNEL_SPAN = 8
_TEMPLATE_SPAN = 6


class Surroundings:
    """Signs by position; made for the positions of a grid, visited in their order."""

    def __init__(self, grid: Grid) -> None:
        self._signs = [0] * (prod(grid.shape) + 1)
        self._steps = steps_back(grid)
        self._positions = grid.positions.tolist()
        self._has_space = len(grid.shape) > 2
        self.sizes = [3 ** len(self._steps)]
        if self._has_space:
            self.sizes += [2 * _KERNEL_SPAN + 1, 2 * _TEMPLATE_SPAN + 1]
            height, width = (1, *grid.shape[2:])[-2:] if len(grid.shape) == 3 else grid.shape[-2:]
            rows, columns = np.divmod(grid.positions % (height * width), width)
            self._kernel = _kernel_positions(grid, rows, columns, height, width)
            self._width = width + 2
            self._places = ((rows + 1) * self._width + columns + 1).tolist()
            self._outputs = (grid.positions // prod(grid.shape[1:])).tolist()
            self._output = -1
            self._blank = [0] * ((height + 2) * (width + 2))
            self._template = self._blank

    def contexts(self, at: int) -> list[int]:
        """The contexts of the element visited at time ``at``, one below each of ``sizes``."""
        signs = self._signs
        around = 0
        for back in self._steps:
            around = 3 * around + 1 + signs[back[at]]
        if not self._has_space:
            return [around]
        if self._outputs[at] != self._output:
            self._output, self._template = self._outputs[at], self._blank.copy()
        kernel = sum(weight * signs[positions[at]] for positions, weight in self._kernel)
        template, place, width = self._template, self._places[at], self._width
        sides = template[place - 1] + template[place + 1] + template[place - width] + template[place + width]
        votes = 2 * template[place] + sides
        return [
            around,
            kernel + _KERNEL_SPAN,
            max(-_TEMPLATE_SPAN, min(_TEMPLATE_SPAN, votes)) + _TEMPLATE_SPAN,
        ]

    def put(self, at: int, sign: int) -> None:
        """The element visited at time ``at`` has this sign, -1 or 1."""
        self._signs[self._positions[at]] = sign
        if self._has_space:
            self._template[self._places[at]] += sign


def _kernel_positions(
    grid: Grid, rows: NDArray[np.intp], columns: NDArray[np.intp], height: int, width: int
) -> list[tuple[list[int], int]]:
    end = prod(grid.shape)
    found = []
    for down, right, weight in _KERNEL_STEPS:
        inside = (rows + down >= 0) & (columns + right >= 0) & (columns + right < width)
        found.append((np.where(inside, grid.positions + down * width + right, end).tolist(), weight))
    return found
