"""The pattern of non-zero elements, one decision after another, each mixed from its contexts."""

from math import prod

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.contexts import Grid, contexts, numbered, steps_back
from netrazor.coding.mixing import Mixer
from netrazor.coding.rangecoder import Coder

Mask = NDArray[np.bool_]

_WEIGHT = 0.2
_RATE = 0.02


def code_pattern(coder: Coder, mask: Mask | None, grid: Grid) -> Mask:
    """The mask over the grid's box, false at the positions that the grid does not visit."""
    bits = None if mask is None else mask.ravel()[grid.positions].astype(int).tolist()
    columns, sizes = contexts(grid)
    steps = steps_back(grid)
    near = sum(sizes)
    mixer = Mixer([_WEIGHT] * (len(columns) + bool(steps)), _RATE)
    known = bytearray(prod(grid.shape) + 1)
    places = enumerate(grid.positions.tolist())
    for (at, position), found in zip(places, numbered(columns, sizes, len(grid.positions)), strict=True):
        around = 0
        for back in steps:
            around = 2 * around + known[back[at]]
        if steps:
            found.append(near + around)
        known[position] = mixer.code(coder, None if bits is None else bits[at], found)
    return np.frombuffer(known, dtype=np.uint8)[:-1].astype(np.bool_).reshape(grid.shape)
