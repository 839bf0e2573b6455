"""Whether an encoder tries masks of tiles and groups and codes of levels, and what another order would tear apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2

import numpy as np

from netrazor.coding.block_mask import best_partition
from netrazor.coding.float_plans import FloatPlan, byte_form, has_few_values, scaled_bits
from netrazor.coding.group_mask import find_groups
from netrazor.coding.level_search import find_levels, find_scaling_or_levels
from netrazor.coding.ordered_keys import Array, nonzero_mask
from netrazor.coding.scale_search import find_scaling
from netrazor.coding.tile_mask import find_tiles

_SAMPLE = 2**19  # elements of a mask that are looked at
_CLEARLY_LESS, _WORTHWHILE_BITS = 0.9, 128  # of a mask's bits; saved
_FEW_VALUES = 16  # of an array that gains nothing by scales
_FEWEST = 64  # elements of an array that may have levels


@dataclass(frozen=True)
class StructurePlan:
    """Names of the arrays to be sent as codes and scales, those of levels among them."""

    scaled: frozenset[str]


def plan_structures(arrays: Mapping[str, Array], floats: FloatPlan | None) -> StructurePlan | None:
    """What to take besides the usual models and those for floats; None where these do as well."""
    known = frozenset() if floats is None else floats.scaled
    others = {name: array for name, array in arrays.items() if name not in known and array.dtype.kind == "f"}
    found = {name for name, array in others.items() if _has_levels(array) or _has_groups(array)}
    if found or any(_is_cut(array) for array in arrays.values()):
        return StructurePlan(known | found)
    return None


def arrays_with_groups(arrays: Mapping[str, Array]) -> frozenset[str]:
    """Names of the arrays that another order of columns would tear apart.

    These are arrays with a scale for each group of a row, and those with a mask of tiles or groups.
    """
    found = set()
    for name, array in arrays.items():
        if array.ndim < 2 or array.size < 2 or not np.isfinite(array).all():
            continue
        if _is_cut(array):
            found.add(name)
        elif array.dtype.kind == "f" and not has_few_values(array):
            scaled = find_scaling_or_levels(array)
            if scaled is not None and scaled.scaling.group < array.size // len(array):
                found.add(name)
    return frozenset(found)


def _has_levels(array: Array) -> bool:
    """Whether scales and levels are clearly shorter than bytes or a codebook."""
    if array.size < _FEWEST or has_few_values(array) or not array.any() or find_scaling(array) is not None:
        return False
    levels = find_levels(array)
    return levels is not None and scaled_bits(levels) < byte_form(array).bits - _WORTHWHILE_BITS


def _has_groups(array: Array) -> bool:
    """Whether an array of few values has clearly fewer in groups, each with a scale."""
    if array.ndim < 2 or array.size < _FEWEST or not has_few_values(array):
        return False
    rows = array[: max(1, _SAMPLE * len(array) // array.size)]
    values = len(np.unique(rows))
    if values <= _FEW_VALUES or not rows.any():
        return False
    scaled, usual = find_scaling_or_levels(rows), byte_form(rows).bits
    return scaled is not None and scaled_bits(scaled) < min(_CLEARLY_LESS * usual, usual - _WORTHWHILE_BITS)


def _is_cut(array: Array) -> bool:
    """Whether the mask of an array is clearly one of tiles, or of groups with as many ones each."""
    if array.ndim < 2 or array.size < _FEWEST:
        return False
    rows = array[: max(1, _SAMPLE * len(array) // array.size)]
    mask = nonzero_mask(rows)
    ones = int(np.count_nonzero(mask))
    if ones in (0, mask.size):
        return False
    usual = min(_mask_bits(ones, mask.size), best_partition(mask)[0])
    cut = min((best[0] for best in (find_tiles(mask), find_groups(mask)) if best is not None), default=usual)
    return cut < min(_CLEARLY_LESS * usual, usual - _WORTHWHILE_BITS)


def _mask_bits(ones: int, size: int) -> float:
    share = ones / size
    return size * (-share * log2(share) - (1 - share) * log2(1 - share))
