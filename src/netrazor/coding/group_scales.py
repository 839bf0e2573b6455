"""Scales of small groups, powers of two apart, in an array that one scale for each row would give too.

Floats of four or six bits with a power of two for each 16 or 32 places are all multiples of one step, but of many
more sizes than each group has. A group whose codes are all even looks like one of half the codes and twice the scale;
which of both it is, is told by how often codes and scales occur in all groups.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.float_plans import scaled_bits
from netrazor.coding.ordered_keys import Array
from netrazor.coding.scale_search import find_scales, scaled_by
from netrazor.coding.scaled_codes import MINUS_ZERO, ScaledCodes, products

_SIZES = (32, 16, 64, 128)
_SHIFTS, _ROUNDS = 4, 6  # powers of two that a scale may be too large by; until none changes, at most
_RARE = 0.5  # count of what has not occurred


def find_group_scales(array: Array, by_row: ScaledCodes) -> ScaledCodes:
    """The scales of groups that take fewest bits, or ``by_row`` where these do."""
    found = [by_row]
    sizes = np.unique(np.abs(by_row.codes[by_row.codes != MINUS_ZERO]))
    if len(sizes) < 3 or 2 * len(sizes) > sizes[-1]:
        return by_row  # whole numbers without gaps are no floats
    for group in _SIZES:
        if by_row.scaling.group % group == 0 and group < by_row.scaling.group:
            scales = find_scales(array, group, may_narrow=False)
            scaled = scaled_by(array, group, scales) if scales.all() else None
            if scaled is not None:
                likely = _likelier(scaled)
                same = products(likely, array.dtype).tobytes() == array.tobytes()
                found.append(likely if same else scaled)
    return min(found, key=scaled_bits)


def _likelier(scaled: ScaledCodes) -> ScaledCodes:
    """Each group with the power of two less of its scale that makes its codes and scale likeliest."""
    codes = scaled.codes.reshape(len(scaled.scales), -1).astype(np.int64)
    minus = codes == MINUS_ZERO
    codes[minus] = 0
    most, rows = int(np.abs(codes).max()), np.arange(len(codes))
    scales = scaled.scales.astype(np.float64)
    for _ in range(_ROUNDS):
        of_code = _surprise(np.abs(codes).ravel(), most + 1)
        costs = np.full((_SHIFTS, len(codes)), np.inf)
        for shift in range(_SHIFTS):
            shifted = np.abs(codes) << shift
            fits = shifted.max(axis=1) <= most
            costs[shift, fits] = of_code[shifted[fits]].sum(axis=1)
            costs[shift] += _surprise_of_scales(scales, scales / 2**shift)
        best = np.where(scales > 0, costs.argmin(axis=0), 0)
        if not best.any():
            break
        codes, scales = codes << best[rows, None], scales / 2.0**best
    kept = codes.astype(np.int16)
    kept[minus] = MINUS_ZERO
    return replace(scaled, codes=kept.reshape(scaled.codes.shape), scales=scales.astype(scaled.scales.dtype))


def _surprise(numbers: NDArray[np.int64], size: int) -> NDArray[np.float64]:
    """Bits of each number below ``size`` by how often it occurs."""
    counts = np.maximum(np.bincount(numbers, minlength=size), _RARE)
    found: NDArray[np.float64] = np.log2(counts.sum() / counts)
    return found


def _surprise_of_scales(known: NDArray[np.float64], asked: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bits of the scales ``asked`` by how often they occur among those ``known``."""
    values, counts = np.unique(known, return_counts=True)
    places = np.minimum(np.searchsorted(values, asked), len(values) - 1)
    found: NDArray[np.float64] = np.log2(
        len(known) / np.where(values[places] == asked, counts[places], _RARE)
    )
    return found
