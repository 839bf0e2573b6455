"""Masks of tiles, blocks of weights that are zero together: which tiles are in use, then the elements of these."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from netrazor.coding.coder import Coder
from netrazor.coding.element_contexts import Mask
from netrazor.coding.integer_codes import code_below
from netrazor.coding.slice_classes import mask_bits

_LENGTHS = (1, 2, 4, 8, 16, 32)  # of a tile that are tried along the first two axes
_SMALL = 2**22  # elements of a mask in which they are tried along both at once

Tile = tuple[int, ...]
"""Its length along each axis of the array."""


@dataclass(frozen=True)
class Tiles:
    """The tile, and which of them are in use."""

    tile: Tile
    used: Mask


def code_tile_mask(
    coder: Coder,
    mask: Mask | None,
    shape: tuple[int, ...],
    tiles: Tiles | None,
    code_used: Callable[[Mask | None, tuple[int, ...]], Mask],
) -> Mask:
    """A mask of ``shape``; the last tile along an axis may be cut off.

    Args:
        coder: what it is coded to.
        mask: to encode.
        shape: of the array.
        tiles: to encode, how it is cut.
        code_used: codes which tiles are in use, a mask of the shape given.
    """
    tile = tuple(
        1 + code_below(coder, None if tiles is None else tiles.tile[axis] - 1, max(length, 1))
        for axis, length in enumerate(shape)
    )
    used = code_used(None if tiles is None else tiles.used, _number_of_tiles(shape, tile))
    inside = _spread(used, tile, shape)
    size = int(np.count_nonzero(inside))
    bits = None if mask is None else mask[inside].astype(np.int32)
    ones = code_below(coder, None if bits is None else int(bits.sum()), size + 1)
    if ones < size:
        table = np.array([size - ones, max(ones, 1)])
        inside[inside] = coder.symbols(bits, table, size).astype(np.bool_)
    return inside


def find_tiles(mask: Mask) -> tuple[float, Tiles] | None:
    """The tiles that take the fewest bits if each is in use by itself, and about these; None without any."""
    best, found = np.inf, None
    ones = int(np.count_nonzero(mask))
    for tile in _tried(mask):
        tiles = tiles_of(mask, tile)
        inside = int(np.count_nonzero(_spread(tiles.used, tile, mask.shape)))
        bits = mask_bits(int(np.count_nonzero(tiles.used)), tiles.used.size) + mask_bits(ones, inside)
        if bits < best:
            best, found = bits, tiles
    return None if found is None else (best, found)


def tiles_of(mask: Mask, tile: Tile) -> Tiles:
    """Which tiles hold a one."""
    used = mask
    for axis, t in enumerate(tile):
        if t > 1:
            used = np.logical_or.reduceat(used, np.arange(0, used.shape[axis], t), axis=axis)
    return Tiles(tile, used)


def _tried(mask: Mask) -> Iterator[Tile]:
    """Tiles along the first two axes, that take one place or all of each further axis."""
    shape = mask.shape
    lengths = [[t for t in _LENGTHS if t == 1 or 2 * t <= length] for length in shape[:2]]
    rest = [{1, length} for length in shape[2:]]
    for tile in product(*lengths, *(sorted(choices) for choices in rest)):
        along = sum(t > 1 for t in tile[:2])
        if np.prod(tile) > 1 and (along < 2 or mask.size <= _SMALL):
            yield tile


def _number_of_tiles(shape: tuple[int, ...], tile: Tile) -> tuple[int, ...]:
    return tuple(-(-length // t) for length, t in zip(shape, tile, strict=True))


def _spread(used: Mask, tile: Tile, shape: tuple[int, ...]) -> Mask:
    """The elements of the tiles in use; cut off axis by axis, so that it never is larger than the array."""
    for axis, t in enumerate(tile):
        if t > 1:
            used = used.repeat(t, axis=axis).swapaxes(0, axis)[: shape[axis]].swapaxes(0, axis)
    spread: Mask = used.copy()
    return spread
