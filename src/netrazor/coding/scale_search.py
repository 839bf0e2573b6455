"""Scales and whole numbers that give every bit of an array of floats, looked for by the encoder.

The scale of a group is guessed from the differences of its magnitudes, or from the smallest ones, fitted to all of
them, and taken only if its multiples are the magnitudes to the bit (`scaled_codes.products`).
"""

import itertools
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.ordered_keys import Array, DType
from netrazor.coding.scaled_codes import (
    CODES,
    MINUS_ZERO,
    ScaledCodes,
    Scaling,
    mantissa_bits,
    products,
    rounded_products,
    scale_type,
)

GROUPS = (256, 128, 64, 32, 16)
_DIVISORS = (1, 2, 3, 4, 5)  # of the smallest difference or value that the scale may be
_REACHES = (8.0, 64.0, 512.0, np.inf)  # in scales: what is small tells the scale by which more is told
_SCALE_BITS = 23  # of a scale's mantissa, at most
_COARSE = 10  # bits of a mantissa up to which values are rounded so much that fitting may fail
_SAMPLE, _CHUNK = 32, 2**20  # groups that are tried first, elements that are tried at a time
USUAL_CODES = 2**10  # larger ones may be chance: multiples of the last place
_FEW_LEFT, _MOST_LEFT = 0.2, 0.9  # of the groups
_MOST = float(np.iinfo(np.int16).max)

Doubles = NDArray[np.float64]


def find_scaling(array: Array) -> ScaledCodes | None:
    """The scales and whole numbers that give every bit of an array of floats; None without any.

    Tried are a scale for each row (slice along axis 0), for groups of 256 to 16 places of a row, and one.
    """
    if array.size < 2 or not array.any():
        return None
    row = array.size // len(array) if array.ndim > 1 else 0
    groups = [row, *(group for group in GROUPS if row % group == 0 and group < row), array.size]
    found = []
    for group in groups:
        if group < 2:
            continue
        scales = find_scales(array, group, may_narrow=group == row)
        scaled = scaled_by(array, group, scales) if scales.all() else None
        if scaled is not None:
            found.append((_about_bits(scaled), scaled))
            if scaled.codes.max() <= USUAL_CODES:
                break
    return min(found, key=lambda each: each[0])[1] if found else None


def _about_bits(scaled: ScaledCodes) -> float:
    """The codes under one table, and the scales."""
    counts = np.unique(scaled.codes, return_counts=True)[1]
    return float(counts @ np.log2(scaled.codes.size / counts)) + _SCALE_BITS * scaled.scales.size


def find_scales(array: Array, group: int, *, may_narrow: bool) -> Doubles:
    """For groups of so many elements scales whose multiples are their magnitudes to the bit; 0 without one.

    A group of zeros has the scale infinity. A few groups are tried first, then all, some at a time; where one of
    these has none, those behind it are not tried.
    """
    scaling, rows = Scaling(group, low_zeros(array)), array.reshape(-1, group)
    scales = np.zeros(len(rows))
    sample = rows[:: max(1, len(rows) // _SAMPLE)]
    if len(sample) < len(rows) and not _find_scales(sample, scaling, may_narrow).all():
        return scales
    for start in range(0, len(rows), step := max(1, _CHUNK // group)):
        found = _find_scales(rows[start : start + step], scaling, may_narrow)
        scales[start : start + step] = found
        if not found.all():
            break
    return scales


def _find_scales(rows: Array, scaling: Scaling, may_narrow: bool) -> Doubles:
    typed = np.abs(rows)
    values, mantissa = typed.astype(np.float64), _mantissa(rows.dtype, scaling)
    live = values.any(axis=1)
    scales, left = np.where(live, 0.0, np.inf), np.flatnonzero(live)
    for divisor, guess in itertools.product(_DIVISORS, _GUESSES):
        if not len(left):
            break
        if guess is _by_narrowing and not (may_narrow and len(left) <= _FEW_LEFT * len(values)):
            continue
        scales[left] = _scales(typed[left], guess(values[left], divisor, mantissa), scaling)
        left = left[scales[left] == 0]
        if guess is _by_one and len(left) > _MOST_LEFT * len(values) and len(values) > 8:
            break  # hardly any group is one of multiples: the array is of another kind
    return scales


def scaled_by(array: Array, group: int, scales: Doubles) -> ScaledCodes | None:
    """The whole numbers beside such scales, if they give the array to the bit."""
    scaling = Scaling(group, low_zeros(array))
    coded = np.where(np.isinf(scales), 0, scales).astype(scale_type(array.dtype))
    codes = (
        np.rint(array.reshape(-1, group).astype(np.float64) / scales[:, None])
        .astype(CODES)
        .reshape(array.shape)
    )
    codes[np.signbit(array) & (codes == 0)] = MINUS_ZERO
    scaled = ScaledCodes(scaling, coded, codes)
    return scaled if products(scaled, array.dtype).tobytes() == array.tobytes() else None


def low_zeros(array: Array) -> int:
    """How many low bits of the mantissa are zero in all elements."""
    joint = int(np.bitwise_or.reduce(array.reshape(-1).view(f"u{array.itemsize}")))
    return min((joint & -joint).bit_length() - 1, mantissa_bits(array.dtype) - 1) if joint else 0


def least_float(dtype: DType, scaling: Scaling) -> float:
    """The smallest float above zero of so many low bits dropped; small floats are multiples of it."""
    return float(np.finfo(dtype).smallest_subnormal) * 2.0**scaling.dropped


def _mantissa(dtype: DType, scaling: Scaling) -> int:
    return mantissa_bits(dtype) - scaling.dropped


def _by_gaps(values: Doubles, divisor: int, mantissa: int) -> Doubles:
    """The smallest difference of the magnitudes of a group, fitted to them."""
    steps = np.diff(np.sort(values, axis=1), axis=1, prepend=0.0)
    return _fitted(values, np.where(steps > 0, steps, np.inf).min(axis=1) / divisor)


def _by_smallest(values: Doubles, divisor: int, mantissa: int) -> Doubles:
    """The smallest magnitude, fitted: where values were rounded to few bits, differences are no multiples."""
    return _fitted(values, _smallest(values) / divisor)


def _by_one(values: Doubles, divisor: int, mantissa: int) -> Doubles:
    """The smallest magnitude as it is: the scale, of as few bits as the values, where its whole number is one."""
    return _smallest(values) / divisor


def _by_narrowing(values: Doubles, divisor: int, mantissa: int) -> Doubles:
    """What each value leaves of an interval, from the smallest one on; all of it where its multiple is open."""
    if mantissa > _COARSE:
        return _by_smallest(values, divisor, mantissa)
    ordered = np.sort(values, axis=1)
    half = _half_units(ordered, mantissa)
    first = _smallest(values)
    low, high = first * (1 - 2.0**-mantissa) / divisor, first * (1 + 2.0**-mantissa) / divisor
    for place in (*range(values.shape[1]), *range(values.shape[1])):
        bottom, top = ordered[:, place] - half[:, place], ordered[:, place] + half[:, place]
        multiple = np.ceil(bottom / high)
        settled = (multiple == np.floor(top / low)) & (multiple > 0) & (bottom > 0)
        multiple = np.where(settled, multiple, 1)
        low = np.where(settled, np.maximum(low, bottom / multiple), low)
        high = np.where(settled, np.minimum(high, top / multiple), high)
    return (low + high) / 2


_GUESSES = (_by_gaps, _by_smallest, _by_one, _by_narrowing)


def _smallest(values: Doubles) -> Doubles:
    found: Doubles = np.where(values > 0, values, np.inf).min(axis=1)
    return found


def _fitted(values: Doubles, steps: Doubles) -> Doubles:
    """Steps fitted to their small multiples, then to larger ones."""
    for reach in _REACHES:
        near = values <= reach * steps[:, None]
        multiples = np.where(near, np.rint(values / steps[:, None]), 0.0)
        squares = (multiples * multiples).sum(axis=1)
        fitted = (values * multiples).sum(axis=1) / np.where(squares > 0, squares, 1)
        steps = np.where(squares > 0, fitted, steps)
    return steps


def _half_units(exact: Doubles, mantissa: int) -> Doubles:
    """Half of the last place of each magnitude, and what is lost where float32 was rounded again or doubles are."""
    slack = 2.0 if mantissa > 23 else 1 + 2.0 ** (mantissa - 22) * (mantissa < 23)
    found: Doubles = np.ldexp(0.5, np.frexp(exact)[1] - 1 - mantissa) * slack
    return found


def _scales(values: Array, steps: Doubles, scaling: Scaling) -> Doubles:
    """For each group a scale whose multiples are its magnitudes, to the bit; 0 where there is none."""
    multiples = np.rint(values.astype(np.float64) / steps[:, None])
    return fit_scales(
        values, np.where((multiples <= _MOST).all(axis=1, keepdims=True), multiples, 0.0), scaling
    )


def fit_scales(values: Array, multiples: Doubles, scaling: Scaling) -> Doubles:
    """For each group of magnitudes a scale whose ``multiples`` they are, to the bit; 0 where there is none."""
    exact = values.astype(np.float64)
    live = exact > 0
    half = np.maximum(
        _half_units(exact, _mantissa(values.dtype, scaling)), least_float(values.dtype, scaling) / 2
    )
    divisors = np.where(live & (multiples > 0), multiples, 1)
    low = np.where(live, (exact - half) / divisors, 0).max(axis=1)
    high = np.where(live, (exact + half) / divisors, np.inf).min(axis=1)
    found = np.zeros(len(values))
    left = np.flatnonzero((low <= high) & ((multiples > 0) == live).all(axis=1))
    for choose in _CANDIDATES:
        if not len(left):
            break
        scales = choose(low[left], high[left]).astype(scale_type(values.dtype))
        found_there = rounded_products(multiples[left], scales, scaling, values.dtype)
        same = (found_there == values[left]).all(axis=1)
        found[left[same]] = scales[same]
        left = left[~same]
    return found


def _of_few_bits(low: Doubles, high: Doubles) -> Doubles:
    """In the middle, to as few bits as all scales allow: those of bfloat16 or float16, or a power of two."""
    mantissas, powers = np.frexp((low + high) / 2)
    for kept in range(_SCALE_BITS):
        candidate: Doubles = np.ldexp(np.rint(np.ldexp(mantissas, kept + 1)), powers - kept - 1)
        if ((low <= candidate) & (candidate <= high)).all():
            break
    return candidate


def _between(low: Doubles, high: Doubles, share: float) -> Doubles:
    return low + share * (high - low)


_CANDIDATES: tuple[Callable[[Doubles, Doubles], Doubles], ...] = (
    _of_few_bits,
    lambda low, high: (low + high) / 2,
    lambda low, high: np.nextafter(low.astype(np.float32), np.float32(np.inf)).astype(np.float64),
    lambda low, high: np.nextafter(high.astype(np.float32), np.float32(0)).astype(np.float64),
    lambda low, high: low,
    lambda low, high: high,
    lambda low, high: np.nextafter((low + high) / 2, np.inf),
    lambda low, high: np.nextafter((low + high) / 2, 0),
    *(partial(_between, share=eighth / 8) for eighth in (2, 6, 1, 3, 5, 7)),
)
