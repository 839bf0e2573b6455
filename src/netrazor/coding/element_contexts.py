"""The contexts of an array's elements: the slices that contain them, and the neighbours coded before them.

An array is taken as outputs x inputs x space: axis 0, axis 1, and the axes that follow. A context is a set of
elements that may be alike: those of one output, of one input position, of one channel, of one kernel, of one place in
all kernels of an output; those with the same neighbours one step back along each axis; those whose input comes from
outputs of an earlier array that are about equally active, that is, have about as many non-zero elements.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from math import prod

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.intp]
Activity = NDArray[np.uint8]
Mask = NDArray[np.bool_]

COUNT_CLASSES = 128
_CHUNK = 4096


@dataclass(frozen=True)
class Grid:
    """The elements to visit: ascending flat positions in a box of ``shape``."""

    shape: tuple[int, ...]
    positions: Indices
    activity: Activity | None = None
    """For each place along ``activity_axis`` the class of the count of non-zero elements of the output feeding it."""
    activity_axis: int = 0

    def coordinates(self) -> list[Indices]:
        """Coordinates of the positions along each axis."""
        return list(np.unravel_index(self.positions, self.shape)) if self.shape else []


def slice_groups(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The sets of axes whose coordinates name a slice, without those that hold one element or all."""
    axes = tuple(range(len(shape)))
    wide = tuple(axis for axis in axes if shape[axis] > 1)
    groups: list[tuple[int, ...]] = []
    for wanted in (axes[:1], axes[1:], axes[1:2], axes[:2], axes[:1] + axes[2:]):
        group = tuple(axis for axis in wanted if axis in wide)
        if group and group != wide and group not in groups:
            groups.append(group)
    return groups


def contexts(grid: Grid) -> tuple[list[Indices], list[int]]:
    """Numbers of the fixed contexts of each position, a column for each kind, and how many there are of a kind."""
    index = grid.coordinates()
    columns: list[Indices] = []
    sizes: list[int] = []
    for group in slice_groups(grid.shape):
        lengths = [grid.shape[axis] for axis in group]
        columns.append(np.ravel_multi_index([index[axis] for axis in group], lengths))
        sizes.append(prod(lengths))
    if grid.activity is not None:
        columns.append(grid.activity[index[grid.activity_axis]].astype(np.intp))
        sizes.append(COUNT_CLASSES)
    return columns, sizes


def numbered(columns: list[Indices], sizes: list[int], number: int) -> Iterator[list[int]]:
    """The contexts of one element after another, numbered through all kinds, made a chunk at a time."""
    offsets = [0, *accumulate(sizes)]
    for start in range(0, number, _CHUNK):
        stop = min(start + _CHUNK, number)
        chunk = np.zeros((stop - start, len(columns)), dtype=np.intp)
        for kind, column in enumerate(columns):
            chunk[:, kind] = column[start:stop] + offsets[kind]
        yield from chunk.tolist()


def predecessors(grid: Grid) -> Iterator[list[int]]:
    """For one element after another the flat positions one step back along each axis longer than one.

    Where there is none it is the position one past the end.
    """
    end = prod(grid.shape)
    axes = [axis for axis, length in enumerate(grid.shape) if length > 1]
    coordinates = grid.coordinates()
    for start in range(0, len(grid.positions), _CHUNK):
        positions = grid.positions[start : start + _CHUNK]
        chunk = np.zeros((len(positions), len(axes)), dtype=np.intp)
        for column, axis in enumerate(axes):
            step = prod(grid.shape[axis + 1 :])
            inside = coordinates[axis][start : start + _CHUNK] > 0
            chunk[:, column] = np.where(inside, positions - step, end)
        yield from chunk.tolist()


def count_class(count: int) -> int:
    """Classes of counts, two to an octave: 0, 1, 2, 3, 4-5, 6-7, 8-11, ..."""
    if count < 4:
        return count
    octave = count.bit_length() - 1
    return 2 * octave + (count >> octave - 1 & 1)


def count_classes(counts: NDArray[np.int64]) -> Activity:
    """The class of each count."""
    octave = np.maximum(np.frexp(counts.astype(np.float64))[1] - 1, 1)
    classes = np.where(counts < 4, counts, 2 * octave + (counts >> octave - 1 & 1))
    return classes.astype(np.uint8)


def output_counts(mask: Mask) -> NDArray[np.int64]:
    """Non-zero elements of each slice along axis 0; of a single element, itself."""
    rows = mask.reshape(len(mask) if mask.ndim else 1, -1)
    counts: NDArray[np.int64] = rows.view(np.uint8).sum(axis=1, dtype=np.uint64).astype(np.int64)
    return counts
