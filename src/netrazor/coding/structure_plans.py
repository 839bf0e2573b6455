"""Whether an encoder tries masks of tiles and groups and codes of levels, and what another order would tear apart."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from netrazor.coding.array_view import bounding_box, corner
from netrazor.coding.block_mask import best_partition
from netrazor.coding.element_contexts import Mask
from netrazor.coding.float_plans import FloatPlan, byte_form, has_few_values, scaled_bits
from netrazor.coding.group_mask import find_groups
from netrazor.coding.level_search import find_scaling_or_levels
from netrazor.coding.ordered_keys import Array, nonzero_mask
from netrazor.coding.slice_classes import mask_bits
from netrazor.coding.tile_mask import find_tiles
from netrazor.units import BITS_PER_BYTE

_AT_FIRST, _OF_MASK, _OF_VALUES = 2**13, 2**16, 2**13  # elements of an array that are looked at
_GROUPS = (2, 3, 4, 8, 16)
_OFTEN, _ALIKE = (
    1.15,
    0.8,
)  # neighbours that are ones, variance of their number in groups: beside ones drawn alone
_CHANCE, _SPREAD = 5, 2  # deviations that are no chance: of the neighbours, of the variance
_CLEARLY_LESS, _WORTHWHILE_BITS = 0.85, 128  # of a mask's bits; saved
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
        all_bits += BITS_PER_BYTE * array.nbytes
        less = _saved_by_scales(array, by_numbers=name not in known)
        if less > 0:
            found.add(name)
        saved += less
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
        if (
            cut is None
            and array.dtype.kind == "f"
            and (not has_few_values(array) or _saved_by_scales(array) > 0)
        ):
            scaled = find_scaling_or_levels(array)
            if scaled is not None and scaled.scaling.group < array.size // len(array):
                cut = ("scales", scaled.scaling.group)
        if cut is not None:
            found[name] = cut
    return found


def _saved_by_scales(array: Array, *, by_numbers: bool = True) -> float:
    """The bits that levels clearly save, or scales of groups in a row; otherwise none. Some rows tell of all.

    Args:
        array: any.
        by_numbers: whether scales of whole numbers count; not where they are used anyway.
    """
    if array.dtype.kind != "f" or array.size < _FEWEST:
        return 0.0
    rows = _some_rows(array, _OF_VALUES)
    few = has_few_values(array)
    if not rows.any() or (few and not _FEW_VALUES < len(np.unique(rows)) <= _MANY_VALUES):
        return 0.0
    scaled = find_scaling_or_levels(rows)
    if scaled is None:
        return 0.0
    if scaled.levels is None and (not by_numbers or scaled.scaling.group >= array.size // len(array)):
        return 0.0  # what a scale for each row saves is known already
    usual, bits = byte_form(rows).bits, scaled_bits(scaled)
    saved = (usual - bits) * array.size / rows.size
    return saved if saved > _WORTHWHILE_BITS and (not few or bits < _LESS_BY_GROUPS * usual) else 0.0


def _some_rows(array: Array, elements: int) -> Array:
    """So many rows (slices along axis 0) that they hold about so many elements; one at least."""
    found: Array = array[: max(1, elements * len(array) // array.size)]
    return found


def _cut_of_mask(array: Array) -> Cut | None:
    """The tile, or the groups with as many ones each, of which the mask of an array clearly is one; else None."""
    if array.ndim < 2 or array.size < _FEWEST:
        return None
    if not _may_be_cut(nonzero_mask(_some_rows(array, _AT_FIRST))):
        return None
    mask = nonzero_mask(_some_rows(array, _OF_MASK))
    ones = int(np.count_nonzero(mask))
    usual = min(mask_bits(ones, mask.size), best_partition(mask)[0], _bits_of_live(mask))
    least: tuple[float, Cut | None] = (min(_CLEARLY_LESS * usual, usual - _WORTHWHILE_BITS), None)
    tiles, groups = find_tiles(mask), find_groups(mask)
    if tiles is not None and tiles[0] < least[0]:
        least = (tiles[0], ("tiles", *tiles[1].tile))
    if groups is not None and groups[0] < least[0]:
        least = (groups[0], ("groups", groups[1].axis, groups[1].places))
    return least[1]


def _may_be_cut(mask: Mask) -> bool:
    """Whether ones are often beside each other, or their numbers in groups alike: what is seen at little cost."""
    share = np.count_nonzero(mask) / mask.size
    if share in (0, 1):
        return False
    for moved in (*(mask.swapaxes(0, axis) for axis in range(mask.ndim)), mask.reshape(-1)):
        beside, alone = moved[1:] & moved[:-1], share**2 * moved[1:].size
        if np.count_nonzero(beside) > _OFTEN * alone + _CHANCE * alone**0.5:
            return True
        for places in _GROUPS:
            if len(moved) % places == 0:
                groups = moved.reshape(-1, places, *moved.shape[1:]).view(np.uint8)
                alike = _ALIKE - _SPREAD * (places / mask.size) ** 0.5
                if groups.sum(axis=1, dtype=np.uint8).var() < alike * places * share * (1 - share):
                    return True
    return False


def _bits_of_live(mask: Mask) -> float:
    """The bits of a mask of which it is told where it ends and which rows and columns are empty: dead channels."""
    told, mask = 0.0, mask[corner(bounding_box(mask))]
    for axis in (0, 1):
        live = mask.any(axis=tuple(other for other in range(mask.ndim) if other != axis))
        told += mask_bits(int(np.count_nonzero(live)), mask.shape[axis])
        mask = np.compress(live, mask, axis=axis)
    return told + min(mask_bits(int(np.count_nonzero(mask)), mask.size), best_partition(mask)[0])
