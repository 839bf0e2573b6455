"""Whether an encoder tries masks of tiles and groups and codes of levels, and what another order would tear apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2

import numpy as np

from netrazor.coding.block_mask import best_partition
from netrazor.coding.element_contexts import Mask
from netrazor.coding.float_plans import FloatPlan, byte_form, has_few_values, scaled_bits
from netrazor.coding.group_mask import find_groups
from netrazor.coding.level_search import find_scaling_or_levels
from netrazor.coding.ordered_keys import Array, nonzero_mask
from netrazor.coding.tile_mask import find_tiles

_SAMPLE = 2**19  # elements of a mask that are looked at
_CLEARLY_LESS, _WORTHWHILE_BITS = 0.9, 128  # of a mask's bits; saved
_FEW_VALUES, _MANY_VALUES = 16, 1024  # of an array between which it may gain by scales of groups
_LESS_BY_GROUPS = 0.97  # of the bits of a codebook
_CLEARLY_SAVED, _CLEARLY_SAVED_BITS = 0.1, 2**14  # beyond which messages by other models are not tried
_FEWEST = 64  # elements of an array that may have levels


Cut = tuple[object, ...]
"""What another order of columns would tear apart: a tile, groups of places, or of weights that share a scale."""


@dataclass(frozen=True)
class StructurePlan:
    """Names of the arrays to be sent as codes and scales, and whether levels save a good part of all."""

    scaled: frozenset[str]
    clearly: bool


def plan_structures(arrays: Mapping[str, Array], floats: FloatPlan | None) -> StructurePlan | None:
    """What to take besides the usual models and those for floats; None where these do as well."""
    known = frozenset() if floats is None else floats.scaled
    found, saved, all_bits = set(), 0.0, 0.0
    for name, array in arrays.items():
        if array.dtype.kind == "f" and array.size >= _FEWEST and array.any() and name not in known:
            usual = byte_form(array).bits
            less = _saved_by_scales(array, usual)
            if less > 0:
                found.add(name)
            saved, all_bits = saved + less, all_bits + usual
    if found or any(_cut_of_mask(array) for array in arrays.values()):
        return StructurePlan(known | found, clearly=saved > _CLEARLY_SAVED * all_bits + _CLEARLY_SAVED_BITS)
    return None


def find_cuts(arrays: Mapping[str, Array]) -> dict[str, Cut]:
    """By the names of the arrays that another order of columns would tear apart, how they are cut.

    These are arrays with a scale for each group of a row, and those with a mask of tiles or groups.
    """
    found: dict[str, Cut] = {}
    for name, array in arrays.items():
        if array.ndim < 2 or array.size < 2 or not np.isfinite(array).all():
            continue
        cut = _cut_of_mask(array)
        if cut is None and array.dtype.kind == "f" and (not has_few_values(array) or _may_have_groups(array)):
            scaled = find_scaling_or_levels(array)
            if scaled is not None and scaled.scaling.group < array.size // len(array):
                cut = ("scales", scaled.scaling.group)
        if cut is not None:
            found[name] = cut
    return found


def _saved_by_scales(array: Array, usual: float) -> float:
    """The bits that scales and levels, or scales of small groups, clearly save; otherwise none."""
    few = has_few_values(array)
    if not few or _may_have_groups(array):
        scaled = find_scaling_or_levels(array)
        if scaled is not None:
            bits = scaled_bits(scaled)
            if bits < usual - _WORTHWHILE_BITS and (not few or bits < _LESS_BY_GROUPS * usual):
                return usual - bits
    return 0.0


def _may_have_groups(array: Array) -> bool:
    """Whether an array of few values has enough of them, and few enough, to be one of groups with scales."""
    rows = array[: max(1, _SAMPLE * len(array) // array.size)] if array.ndim > 1 else array
    return array.ndim > 1 and _FEW_VALUES < len(np.unique(rows)) <= _MANY_VALUES


def _cut_of_mask(array: Array) -> Cut | None:
    """The tile, or the groups with as many ones each, of which the mask of an array clearly is one; else None."""
    if array.ndim < 2 or array.size < _FEWEST:
        return None
    rows = array[: max(1, _SAMPLE * len(array) // array.size)]
    mask = nonzero_mask(rows)
    ones = int(np.count_nonzero(mask))
    if ones in (0, mask.size):
        return None
    usual = min(_mask_bits(ones, mask.size), best_partition(mask)[0], _bits_of_live(mask))
    least: tuple[float, Cut | None] = (min(_CLEARLY_LESS * usual, usual - _WORTHWHILE_BITS), None)
    tiles, groups = find_tiles(mask), find_groups(mask)
    if tiles is not None and tiles[0] < least[0]:
        least = (tiles[0], ("tiles", *tiles[1].tile))
    if groups is not None and groups[0] < least[0]:
        least = (groups[0], ("groups", groups[1].axis, groups[1].places))
    return least[1]


def _bits_of_live(mask: Mask) -> float:
    """The bits of a mask of which it is told which rows and columns are empty, as those of dead channels are."""
    told = 0.0
    for axis in (0, 1):
        live = mask.any(axis=tuple(other for other in range(mask.ndim) if other != axis))
        told += _mask_bits(int(np.count_nonzero(live)), mask.shape[axis])
        mask = np.compress(live, mask, axis=axis)
    return told + _mask_bits(int(np.count_nonzero(mask)), mask.size)


def _mask_bits(ones: int, size: int) -> float:
    if ones in (0, size):
        return 0.0
    share = ones / size
    return size * (-share * log2(share) - (1 - share) * log2(1 - share))
