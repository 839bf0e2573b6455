"""The pattern of non-zero elements of an array inside its box, decision by decision.

Elements are visited in row-major order. Each is predicted from the slices through it along every axis and pair of
axes (how busy were they so far?) and from its neighbours already known.
"""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.mixing import Mixer, new_cell
from netrazor.coding.rangecoder import Coder

Mask = NDArray[np.bool_]
_PRIOR = 0.6


def code_pattern(coder: Coder, mask: Mask | None, shape: tuple[int, ...]) -> Mask:
    """A mask of ``shape``."""
    size = int(np.prod(shape))
    bits = None if mask is None else mask.ravel().tolist()
    slices = slice_contexts(shape)
    neighbours = neighbour_positions(shape)
    cells = [[new_cell(_PRIOR) for _ in range(int(context.max(initial=0)) + 1)] for context in slices]
    columns = [context.tolist() for context in slices]
    near = [new_cell(_PRIOR) for _ in range(2 ** len(neighbours))]
    beside = [positions.tolist() for positions in neighbours]
    mixer = Mixer(1.0, (0.7,) * (len(slices) + 1), 0.02)
    base = [0.4, 0.4]
    known = bytearray(size + 1)
    for at in range(size):
        around = 0
        for positions in beside:
            around = 2 * around + known[positions[at]]
        contexts = [cells[j][column[at]] for j, column in enumerate(columns)]
        contexts.append(near[around])
        known[at] = mixer.code(coder, None if bits is None else int(bits[at]), base, contexts)
    return np.frombuffer(known, dtype=np.uint8)[:size].reshape(shape).astype(np.bool_)


def slice_contexts(shape: tuple[int, ...]) -> list[NDArray[np.intp]]:
    """For each axis, and each pair of them where there are more than two, the number of the slice of each element."""
    axes = [axis for axis, length in enumerate(shape) if length > 1]
    groups: list[tuple[int, ...]] = [(axis,) for axis in axes]
    if len(axes) > 2:
        groups += list(combinations(axes, 2))
    index = np.indices(shape).reshape(len(shape), -1)
    return [
        np.ravel_multi_index([index[axis] for axis in group], [shape[axis] for axis in group])
        for group in groups
    ]


def neighbour_positions(shape: tuple[int, ...]) -> list[NDArray[np.intp]]:
    """For each axis the position of the element one step back, or one past the end where there is none."""
    size = int(np.prod(shape))
    positions = np.arange(size).reshape(shape)
    found = []
    for axis, length in enumerate(shape):
        if length > 1:
            before = np.full(shape, size)
            ahead = [slice(None)] * len(shape)
            behind = [slice(None)] * len(shape)
            ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
            before[tuple(ahead)] = positions[tuple(behind)]
            found.append(before.ravel())
    return found
