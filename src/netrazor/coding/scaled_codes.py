"""Floats as whole numbers times scales: one scale for each row, or for each group of so many places in a row.

So are weights that others quantized with a scale for each channel or group, however they come: as float32, or
rounded to bfloat16 or float16 afterwards. Whole numbers of few values and some scales take the place of as many
distinct floats as there are weights. Where a scale is that of a few levels (quantiles of a normal law, say), a code
is the number of a level.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.integer_codes import code_below, code_number
from netrazor.coding.message_context import MessageContext
from netrazor.coding.ordered_keys import Array, DType
from netrazor.coding.schema import Field
from netrazor.errors import CorruptMessage

CODES = np.dtype(np.int16)
MINUS_ZERO = np.iinfo(np.int16).min
"""The code of -0.0, which rounding in floats makes of small values below zero."""
MAX_LEVELS = 2**10


@dataclass(frozen=True)
class Scaling:
    """So many elements in C order share a scale; the lowest bits that products are rounded to, as bits dropped."""

    group: int
    dropped: int
    levels: int = 0
    """How many levels codes are the numbers of, from one on; none: they are whole numbers themselves."""


@dataclass(frozen=True)
class ScaledCodes:
    """An array: ``codes`` in its shape, or the ``levels`` that they number, times ``scales``, one for each group."""

    scaling: Scaling
    scales: Array
    codes: NDArray[np.int16]
    levels: Array | None = None


def code_scaling(context: MessageContext, field: Field, scaling: Scaling | None) -> Scaling:
    """The bits dropped, and the elements that share a scale: a row, or how many.

    Raises:
        CorruptMessage: groups that the array cannot be divided into.
    """
    width = mantissa_bits(field.dtype)
    dropped = code_below(context.coder, None if scaling is None else scaling.dropped, width)
    row = field.size // field.shape[0]
    if context.choose("row scales", None if scaling is None else scaling.group == row):
        group = row
    else:
        group = code_number(context.coder, None if scaling is None else scaling.group, field.size)
    if group < 2 or field.size % group:
        raise CorruptMessage(
            f"array {field.name!r}: groups of {group} elements for {field.size} of them; get the message again"
        )
    levels = 0
    if context.structures and context.choose("levels", None if scaling is None else scaling.levels > 0):
        levels = 1 + code_below(context.coder, None if scaling is None else scaling.levels - 1, MAX_LEVELS)
        context.spend(levels)
    return Scaling(group, dropped, levels)


def checked_products(scaled: ScaledCodes, field: Field) -> Array:
    """The elements of an array that was read.

    Raises:
        CorruptMessage: codes of no level, scales that make elements zero or infinite.
    """
    codes = scaled.codes
    if scaled.levels is not None and (
        codes[codes != MINUS_ZERO].min(initial=0) < 0 or codes.max() > len(scaled.levels)
    ):
        raise CorruptMessage(f"array {field.name!r} has codes of no level; get the message again")
    found = products(scaled, field.dtype)
    if not np.isfinite(found).all() or (found[(codes != 0) & (codes != MINUS_ZERO)] == 0).any():
        raise CorruptMessage(
            f"array {field.name!r} has scales that make its elements zero or infinite; get the message again"
        )
    return found


def scale_type(dtype: DType) -> DType:
    """The type of the scales of an array: float32, or float64 for its own."""
    return np.dtype(np.float64 if dtype.itemsize == 8 else np.float32)


def products(scaled: ScaledCodes, dtype: DType) -> Array:
    """The elements: whole numbers or levels times scales, as `rounded_products` has them."""
    codes = scaled.codes
    factors = codes.astype(np.float64)
    if scaled.levels is not None:
        levels = np.concatenate([[0.0], scaled.levels.astype(np.float64)])
        factors = levels[np.where(codes == MINUS_ZERO, 0, codes)]
    rows = factors.reshape(-1, scaled.scaling.group)
    found = rounded_products(rows, scaled.scales, scaled.scaling, dtype).reshape(codes.shape)
    return np.where(codes == MINUS_ZERO, np.array([-0.0]).astype(dtype), found)


def rounded_products(factors: NDArray[np.float64], scales: Array, scaling: Scaling, dtype: DType) -> Array:
    """Groups of factors times their scales, rounded to the type of the scales, to ``dtype``, then to fewer bits."""
    with np.errstate(over="ignore", invalid="ignore"):
        found: Array = (factors * scales.astype(np.float64)[:, None]).astype(scales.dtype).astype(dtype)
    return _rounded(found + 0, scaling.dropped)


def _rounded(array: Array, dropped: int) -> Array:
    """The nearest floats with so many low bits zero, halves to even."""
    if dropped == 0:
        return array
    bits = array.view(f"u{array.itemsize}").astype(np.uint64)
    half = np.uint64((1 << dropped - 1) - 1) + (bits >> np.uint64(dropped) & np.uint64(1))
    bits = bits + half >> np.uint64(dropped) << np.uint64(dropped)
    found: Array = bits.astype(f"u{array.itemsize}").view(array.dtype)
    return found


def mantissa_bits(dtype: DType) -> int:
    """Bits of the mantissa."""
    return int(np.finfo(dtype).nmant)
