"""Large masks in blocks: one probability for each pair of a class of rows and a class of columns.

All elements of a pair of classes are coded in a few calls, those of a large one by the gaps between the rarer
elements. So this runs at the speed of the coder, and in a time that follows the number of non-zero elements.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.coder import Coder, Symbols
from netrazor.coding.element_contexts import Indices, Mask
from netrazor.coding.gap_code import Places, code_places
from netrazor.coding.integer_codes import code_below
from netrazor.coding.slice_classes import Classes, class_cost, code_classes, equal_width_classes, surprise

_MAX_CLASS_BITS = 4
_WORTH_CLASSES = 8  # a slice of fewer elements tells nothing about its class
_CHUNK = 2**21
_FEW = 8  # places take no more memory than the mask where one of so many elements is marked, or fewer
_LARGE = 2**16  # elements of a block from which on gaps are coded, in a time that follows the rarer elements
_ALL_SPLITS = 2**16  # elements of a mask up to which every way to cut its axes is tried


@dataclass(frozen=True)
class Partition:
    """How a mask is cut: the axes before ``split`` are its rows; rows and columns by class."""

    split: int
    row_classes: Classes
    row_bits: int
    column_classes: Classes
    column_bits: int


def code_block_mask(
    coder: Coder, mask: Mask | None, shape: tuple[int, ...], cut: Partition | None
) -> tuple[Mask, None] | tuple[None, Places]:
    """A mask of ``shape``; to encode, cut by ``cut``. Of a single block with few ones instead their flat places."""
    split = 1
    if len(shape) > 2:
        split = 1 + code_below(coder, None if cut is None else cut.split - 1, len(shape) - 1)
    coded = np.zeros((prod(shape[:split]), prod(shape[split:])), dtype=np.bool_)
    height, width = coded.shape
    rows = _code_groups(coder, None if cut is None else (cut.row_classes, cut.row_bits), height, width)
    columns = _code_groups(
        coder, None if cut is None else (cut.column_classes, cut.column_bits), width, height
    )
    flat = None if mask is None else mask.reshape(coded.shape)
    for some_rows, some_columns in product(rows, columns):
        places = _code_block(coder, flat, coded, some_rows, some_columns)
        if places is not None:
            return None, places
    return coded.reshape(shape), None


def _code_groups(
    coder: Coder, chosen: tuple[Classes, int] | None, number: int, length: int
) -> list[Indices] | list[None]:
    """The members of each class of ``number`` slices of this length; [None] if they are not told apart."""
    classes, bits = (None, None) if chosen is None else chosen
    found, groups = code_classes(coder, classes, bits, number, _most_bits(length))
    return [None] if groups == 1 else [np.flatnonzero(found == member) for member in range(groups)]


def _code_block(
    coder: Coder, mask: Mask | None, coded: Mask, rows: Indices | None, columns: Indices | None
) -> Places | None:
    """The elements in ``rows`` and ``columns`` (None: in all of them): how many are ones, then which.

    Where there are no other blocks, the places of a few ones are returned instead.
    """
    height = coded.shape[0] if rows is None else len(rows)
    width = coded.shape[1] if columns is None else len(columns)
    size = height * width
    windows = list(_windows(rows, columns, height, width))
    ones = None if mask is None else sum(int(np.count_nonzero(mask[window])) for window in windows)
    ones = code_below(coder, ones, size + 1)
    rarer = 2 * ones <= size
    if not rarer:
        for window in windows:
            coded[window] = True
    marks = ones if rarer else size - ones
    if not marks:
        return None
    if size < _LARGE:
        (window,) = windows
        bits = None if mask is None else mask[window].astype(np.int32).ravel()
        coded[window] = coder.symbols(bits, np.array([size - ones, ones]), size).reshape(height, width)
        return None
    gaps = None if mask is None else _gaps(mask, windows, rarer)
    whole = rows is None and columns is None
    kept: list[Places] | None = [] if whole and rarer and _FEW * marks <= size else None
    for places in code_places(coder, gaps, marks, size):
        if kept is not None:
            kept.append(places)
            continue
        if whole:
            coded.reshape(-1)[places] = rarer
            continue
        row, column = np.divmod(places, width)
        at = row if rows is None else rows[row], column if columns is None else columns[column]
        coded[at] = rarer
    return None if kept is None else np.concatenate(kept)


def _gaps(mask: Mask, windows: list[Any], rarer: bool) -> Symbols:
    """How many elements of a block are skipped before each one that is ``rarer``."""
    found, before, first = [np.zeros(0, dtype=np.int32)], -1, 0
    for window in windows:
        part = mask[window].ravel()
        places = first + np.flatnonzero(part if rarer else ~part)
        if len(places):
            found.append((np.diff(places, prepend=before) - 1).astype(np.int32))
            before = int(places[-1])
        first += len(part)
    return np.concatenate(found)


def _windows(rows: Indices | None, columns: Indices | None, height: int, width: int) -> Iterator[Any]:
    """Indices of the block, so many rows at a time that they hold about ``_CHUNK`` elements."""
    step = max(1, _CHUNK // max(width, 1))
    for start in range(0, height, step):
        some = slice(start, start + step) if rows is None else rows[start : start + step]
        if columns is None:
            yield some
        elif isinstance(some, slice):
            yield some, columns
        else:
            yield np.ix_(some, columns)


def best_partition(mask: Mask) -> tuple[float, Partition]:
    """The partition with the fewest bits among a few, and about these bits."""
    splits = range(1, max(2, mask.ndim) if mask.size <= _ALL_SPLITS else 2)
    return min((_best_cut(mask, split) for split in splits), key=lambda found: found[0])


def _best_cut(mask: Mask, split: int) -> tuple[float, Partition]:
    flat = mask.reshape(prod(mask.shape[:split]), -1)
    # the noise of a count is the same everywhere on the scale of its square root
    rows = equal_width_classes(np.sqrt(np.count_nonzero(flat, axis=1)), _most_bits(flat.shape[1]))
    columns = equal_width_classes(np.sqrt(np.count_nonzero(flat, axis=0)), _most_bits(flat.shape[0]))
    finest = 1 << _MAX_CLASS_BITS
    ones = np.stack(
        [np.bincount(columns, np.count_nonzero(flat[rows == row], axis=0), finest) for row in range(finest)]
    )
    all_heights, all_widths = np.bincount(rows, minlength=finest), np.bincount(columns, minlength=finest)
    found = []
    for row_bits, column_bits in product(range(_MAX_CLASS_BITS + 1), repeat=2):
        by_row, by_column = finest >> row_bits, finest >> column_bits
        merged = ones.reshape(-1, by_row, 1 << column_bits, by_column).sum(axis=(1, 3))
        heights = all_heights.reshape(-1, by_row).sum(axis=1)
        widths = all_widths.reshape(-1, by_column).sum(axis=1)
        bits = _mask_cost(merged, np.outer(heights, widths)) + class_cost(heights) + class_cost(widths)
        found.append((bits, Partition(split, rows // by_row, row_bits, columns // by_column, column_bits)))
    return min(found, key=lambda candidate: candidate[0])


def _most_bits(length: int) -> int:
    """Bits of class that slices of this length are worth."""
    return _MAX_CLASS_BITS if length >= _WORTH_CLASSES else 0


def _mask_cost(ones: NDArray[np.float64], sizes: NDArray[np.int64]) -> float:
    return surprise(ones) + surprise(sizes - ones) - surprise(sizes) + float(np.log2(sizes + 1).sum())
