"""Scales and levels that give every bit of an array of floats, where whole numbers do not: looked for by the encoder.

Some quantize to levels that are no multiples of anything (quantiles of a normal law, floats of few bits), and scale
them by the largest magnitude of a group. What the magnitudes of all groups share, once each group is divided by its
largest, are the levels.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.float_plans import scaled_bits
from netrazor.coding.group_scales import find_group_scales
from netrazor.coding.ordered_keys import Array
from netrazor.coding.scale_search import (
    GROUPS,
    USUAL_CODES,
    Doubles,
    find_scaling,
    fit_scales,
    least_float,
    low_zeros,
)
from netrazor.coding.scaled_codes import (
    CODES,
    MAX_LEVELS,
    MINUS_ZERO,
    ScaledCodes,
    Scaling,
    mantissa_bits,
    products,
    scale_type,
)

_SAMPLE, _FEW_GROUPS = 2**17, 32  # elements in which levels are looked for; groups that are tried first
_BITS = 16  # of a level, to which it is told from others
_SELDOM, _COVERED = (0.01, 0.0005), 0.6  # share of the elements of a level, at least; of all levels together
_PEAKS = 12  # levels that the largest magnitude of a group is taken for, one after another
_UNITS = (1.0, 6.0, 12.0, 7.0, 448.0, 240.0, 57344.0, 127.0)  # largest levels of floats of few bits
_SHORT = 12  # bits of such a float
_EXACT = 2.0**-19
_NEAR = 2.0**-7  # of a level, where elements were rounded to few bits
# Quantiles of a normal law for four bits (Dettmers et al. 2023), as float32.
_QUANTILES = (
    *(-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635),
    *(-0.18477343022823334, -0.09105003625154495, 0.07958029955625534, 0.16093020141124725),
    *(0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941),
    *(0.7229568362236023, 1.0),
)


def _short_floats(mantissa: int, lowest: int, largest: float) -> Doubles:
    """The floats of so many bits of mantissa and a lowest exponent, up to the largest, of both signs."""
    exponents = range(lowest, int(np.log2(largest)) + 1)
    above = [np.ldexp(1 + place / 2**mantissa, power) for power in exponents for place in range(2**mantissa)]
    below = [np.ldexp(place, lowest - mantissa) for place in range(1, 2**mantissa)]
    sizes = np.array([*below, *(size for size in above if size <= largest)])
    return np.concatenate([-sizes[::-1], sizes])


_KNOWN = (np.array(_QUANTILES), _short_floats(3, -6, 448.0), _short_floats(2, -14, 57344.0))


def find_scaling_or_levels(array: Array) -> ScaledCodes | None:
    """`find_scaling`, of groups where that is shorter, or scales and levels; None without any of these."""
    found = find_scaling(array)
    if found is not None and np.abs(found.codes[found.codes != MINUS_ZERO]).max(initial=0) <= USUAL_CODES:
        return find_group_scales(array, found)
    levels = find_levels(array)  # multiples of the last place hide them
    return min((each for each in (found, levels) if each is not None), key=scaled_bits, default=None)


def find_levels(array: Array) -> ScaledCodes | None:
    """The scales of groups and the levels that give every bit of an array of floats; None without any."""
    if array.size < 2 or not array.any():
        return None
    row = array.size // len(array) if array.ndim > 1 else array.size
    for group in dict.fromkeys((row, *GROUPS, array.size)):
        if group < 2 or array.size % group or (row % group and group < array.size):
            continue
        few = array.reshape(-1, group)
        few = few[:: max(1, len(few) // _FEW_GROUPS)]
        for levels in _candidates(array, group):
            if _coded(few, group, levels) is not None and (found := _coded(array, group, levels)) is not None:
                return found
    return None


def _candidates(array: Array, group: int) -> list[Doubles]:
    """Levels of which the elements may be, ascending: those that others use, and those that are often there."""
    rows = array.reshape(-1, group)
    sample = rows[:: max(1, array.size // _SAMPLE)].astype(np.float64)
    peaks = np.abs(sample).max(axis=1)
    ratios = (sample[peaks > 0] / peaks[peaks > 0, None]).ravel()
    ratios = np.sort(ratios[ratios != 0])
    if len(ratios) < 2:
        return []
    found = [known for known in _KNOWN if _are_near(ratios, known / known[-1])]
    starts = np.flatnonzero(np.diff(ratios, prepend=-np.inf) > 2.0**-_BITS)
    sizes = np.diff(starts, append=len(ratios))
    for seldom in _SELDOM:
        often = sizes >= max(3, seldom * len(ratios))
        if 1 < np.count_nonzero(often) <= MAX_LEVELS and sizes[often].sum() >= _COVERED * len(ratios):
            found.append(_unit(ratios[starts[often] + sizes[often] // 2]))
    return found


def _are_near(ratios: Doubles, levels: Doubles) -> bool:
    """Whether most of some ratios are near to a level."""
    some = ratios[:: max(1, len(ratios) // 1000)]
    places = np.searchsorted((levels[1:] + levels[:-1]) / 2, some)
    return bool((np.abs(some - levels[places]) <= _NEAR * np.abs(some)).mean() >= _COVERED)


def _unit(levels: Doubles) -> Doubles:
    """Levels in the unit in which all of them are short, or as float32 numbers."""
    for unit in _UNITS:
        mantissas, powers = np.frexp(levels * unit)
        short = np.ldexp(np.rint(np.ldexp(mantissas, _SHORT)), powers - _SHORT)
        if (np.abs(short - levels * unit) <= _EXACT * np.abs(short)).all():
            return np.asarray(short, dtype=np.float64)
    rounded: Doubles = levels.astype(np.float32).astype(np.float64)
    return rounded


def _coded(array: Array, group: int, levels: Doubles) -> ScaledCodes | None:
    """The array in ``levels``, with a scale for each group, if that gives it to the bit."""
    scaling = Scaling(group, low_zeros(array), len(levels))
    rows = array.reshape(-1, group)
    values = rows.astype(np.float64)
    peaks, tolerance = np.abs(values).max(axis=1), 2.0 ** (2 - mantissa_bits(array.dtype) + scaling.dropped)
    scales, codes = np.where(peaks > 0, 0.0, np.inf), np.zeros(rows.shape, dtype=CODES)
    middles, least = (levels[1:] + levels[:-1]) / 2, least_float(array.dtype, scaling)
    for peak in np.unique(np.abs(levels))[::-1][:_PEAKS]:
        left = np.flatnonzero(scales == 0)
        if not len(left):
            break
        ratios = values[left] / peaks[left, None] * peak
        places = np.searchsorted(middles, ratios)
        near = (
            np.abs(levels[places] - ratios) <= tolerance * np.abs(ratios) + least / peaks[left, None] * peak
        )
        fits = (near | (ratios == 0)).all(axis=1)
        if not fits.any() and len(left) == len(rows):
            return None
        left, places = left[fits], places[fits]
        live = values[left] != 0
        scales[left] = fit_scales(np.abs(rows[left]), np.where(live, np.abs(levels[places]), 0.0), scaling)
        codes[left] = np.where(live, places + 1, 0)
    if not scales.all():
        return None
    used, places = np.unique(np.append(codes, CODES.type(0)), return_inverse=True)  # zero first
    kept_codes: NDArray[np.int16] = places[:-1].astype(CODES).reshape(array.shape)
    kept_codes[np.signbit(array) & (kept_codes == 0)] = MINUS_ZERO
    coded = np.where(np.isinf(scales), 0, scales).astype(scale_type(array.dtype))
    kept = levels[used[1:] - 1].astype(coded.dtype)
    scaled = ScaledCodes(replace(scaling, levels=len(kept)), coded, kept_codes, kept)
    return scaled if products(scaled, array.dtype).tobytes() == array.tobytes() else None
