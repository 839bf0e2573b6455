"""The contexts of an array's elements: the slices they lie in, and the neighbours that are already known.

An array is taken as outputs x inputs x space: axis 0, axis 1, and whatever follows. A context is a set of elements
that may well be alike: those of one output, of one input position, one channel, one kernel, one place in all
kernels of an output; those with the same neighbours one step back along each axis; those whose input comes from
equally busy outputs of an array before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from math import prod

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.intp]

BUSY_CLASSES = 128
_CHUNK = 4096


@dataclass(frozen=True)
class Grid:
    """The elements to visit: ascending flat positions in a box of ``shape``."""

    shape: tuple[int, ...]
    positions: Places
    links: Places | None = None
    """How busy the output is, in classes, that feeds each place along the linked axis."""
    link_axis: int = 0

    def coordinates(self) -> list[Places]:
        """Coordinates of the positions along each axis."""
        return list(np.unravel_index(self.positions, self.shape)) if self.shape else []


def slice_groups(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The sets of axes whose coordinates name a slice, without those that hold one element or everything."""
    axes = tuple(range(len(shape)))
    wide = tuple(axis for axis in axes if shape[axis] > 1)
    groups: list[tuple[int, ...]] = []
    for wanted in (axes[:1], axes[1:], axes[1:2], axes[:2], axes[:1] + axes[2:]):
        group = tuple(axis for axis in wanted if axis in wide)
        if group and group != wide and group not in groups:
            groups.append(group)
    return groups


def contexts(grid: Grid) -> tuple[list[Places], list[int]]:
    """Numbers of the fixed contexts of each position, a column for each kind, and how many there are of a kind."""
    index = grid.coordinates()
    columns, sizes = [], []
    for group in slice_groups(grid.shape):
        lengths = [grid.shape[axis] for axis in group]
        columns.append(np.ravel_multi_index([index[axis] for axis in group], lengths))
        sizes.append(prod(lengths))
    if grid.links is not None:
        columns.append(grid.links[index[grid.link_axis]])
        sizes.append(BUSY_CLASSES)
    return columns, sizes


def numbered(columns: list[Places], sizes: list[int], number: int) -> Iterator[list[int]]:
    """The contexts of one element after another, numbered through all kinds, made a chunk at a time."""
    offsets = [0, *accumulate(sizes)]
    for start in range(0, number, _CHUNK):
        stop = min(start + _CHUNK, number)
        chunk = np.zeros((stop - start, len(columns)), dtype=np.intp)
        for kind, column in enumerate(columns):
            chunk[:, kind] = column[start:stop] + offsets[kind]
        yield from chunk.tolist()


def steps_back(grid: Grid) -> list[list[int]]:
    """For each axis longer than one the flat position one step back, or one past the end where there is none."""
    end = prod(grid.shape)
    found = []
    for axis, index in enumerate(grid.coordinates()):
        if grid.shape[axis] > 1:
            step = prod(grid.shape[axis + 1 :])
            found.append(np.where(index > 0, grid.positions - step, end).tolist())
    return found


def busy_class(count: int) -> int:
    """Classes of counts, two to an octave: 0, 1, 2, 3, 4-5, 6-7, 8-11, ..."""
    if count < 4:
        return count
    octave = count.bit_length() - 1
    return 2 * octave + (count >> octave - 1 & 1)


def busy_classes(counts: NDArray[np.int64]) -> Places:
    """The class of each count."""
    return np.array([busy_class(count) for count in counts.tolist()], dtype=np.intp)
