"""Masks with so many ones in every few places: of each group how many are ones, then which of the patterns it is.

Two weights in every four is what sparse tensor cores take. Where the number of ones of a group tells little about
them, as where each place is a one by itself, this costs what blocks do; where it is always the same it costs nothing.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import comb, log2

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.coder import Coder
from netrazor.coding.element_contexts import Mask
from netrazor.coding.frequency_tables import TableModel, histogram
from netrazor.coding.integer_codes import code_below
from netrazor.coding.slice_classes import surprise
from netrazor.errors import CorruptMessage

_SMALLEST, _LARGEST = 2, 16  # places of a group
_TRIED = (4, 8, 16, 2, 3, 6, 12)
_PRECISION = 2
_ENTRY_BITS = 6  # about what an entry of the table costs


@dataclass(frozen=True)
class Groups:
    """So many places along an axis make a group; an axis beyond the last: in C order."""

    axis: int
    places: int


def code_group_mask(coder: Coder, mask: Mask | None, shape: tuple[int, ...], groups: Groups | None) -> Mask:
    """A mask of ``shape``, group by group.

    Raises:
        CorruptMessage: groups that the places cannot be divided into.
    """
    axis = code_below(coder, None if groups is None else groups.axis, len(shape) + 1)
    places = _SMALLEST + code_below(
        coder, None if groups is None else groups.places - _SMALLEST, _LARGEST - _SMALLEST + 1
    )
    coded = np.zeros(shape, dtype=np.bool_)
    length = shape[axis] if axis < len(shape) else coded.size
    if length % places:
        raise CorruptMessage(
            f"a mask has groups of {places} places for {length} of them; get the message again"
        )
    found = None if mask is None else _in_groups(mask, Groups(axis, places))
    ones = None if found is None else np.count_nonzero(found, axis=1).astype(np.int32)
    counts = None if ones is None else histogram(ones, places + 1)
    table = TableModel().code(coder, counts, places + 1, _PRECISION)
    ones = coder.symbols(ones, table, coded.size // places)
    patterns = np.repeat((ones == places)[:, None], places, axis=1)
    for number in range(1, places):
        chosen = np.flatnonzero(ones == number)
        known = _patterns(places, number)
        ranks = None if found is None else _ranks(found[chosen], known)
        flat = np.ones(len(known), dtype=np.int64)
        ranks = coder.symbols(ranks, flat, len(chosen))
        patterns[chosen] = known[ranks]
    moved = coded if axis == len(shape) else np.moveaxis(coded, axis, -1)
    moved[...] = patterns.reshape(moved.shape)
    return coded


def find_groups(mask: Mask) -> tuple[float, Groups] | None:
    """The groups that take the fewest bits, and about these; None where no length fits."""
    found = []
    for axis in range(mask.ndim + 1):
        if axis == mask.ndim and (mask.ndim < 2 or mask.shape[-1] % _LARGEST == 0):
            continue  # the same groups as along the last axis
        length = mask.shape[axis] if axis < mask.ndim else mask.size
        for places in _TRIED:
            if length % places == 0 and mask.size > places:
                groups = Groups(axis, places)
                found.append((_cost(_in_groups(mask, groups)), groups))
    return min(found, key=lambda each: each[0]) if found else None


def _cost(groups: Mask) -> float:
    """About the bits of the numbers of ones and of the patterns."""
    places = groups.shape[1]
    counts = np.bincount(np.count_nonzero(groups, axis=1), minlength=places + 1)
    of_patterns = sum(int(count) * log2(comb(places, ones)) for ones, count in enumerate(counts))
    of_ones = surprise(counts) - surprise(counts.sum())
    return of_ones + of_patterns + float(_ENTRY_BITS * np.count_nonzero(counts))


def _in_groups(mask: Mask, groups: Groups) -> Mask:
    moved = mask if groups.axis == mask.ndim else np.moveaxis(mask, groups.axis, -1)
    return moved.reshape(-1, groups.places)


@lru_cache
def _patterns(places: int, ones: int) -> Mask:
    """All patterns of so many ones, ascending as binary numbers whose first place is the highest bit."""
    numbers = np.arange(1 << places)
    bits = (numbers[:, None] >> np.arange(places)[::-1] & 1).astype(np.bool_)
    chosen: Mask = bits[np.count_nonzero(bits, axis=1) == ones]
    return chosen


def _ranks(groups: Mask, patterns: Mask) -> NDArray[np.int32]:
    """The place of each group among the patterns."""
    weights = 1 << np.arange(patterns.shape[1])[::-1]
    found: NDArray[np.int32] = np.searchsorted(patterns @ weights, groups @ weights).astype(np.int32)
    return found
