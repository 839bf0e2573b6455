"""Finding the step of a uniform quantizer: the shortest float of which all values are rounded multiples."""

from fractions import Fraction

import numpy as np

from netrazor.coding.ordered_keys import Array, DType

MAX_MULTIPLE = 2**12
_MAX_DIVISOR = 16


def multiples_of(values: Array, step: float) -> list[int]:
    """How many steps each value is."""
    return [int(multiple) for multiple in np.rint(values.astype(np.float64) / step)]


def products(multiples: list[int], step: float, dtype: DType) -> Array:
    """The multiples of a step, each product rounded once."""
    with np.errstate(over="ignore", invalid="ignore"):
        values: Array = np.array(multiples).astype(dtype) * np.array([step], dtype=dtype)
    return values


def shortest_step(values: Array) -> float | None:
    """The step with the fewest bits of mantissa, if there is any of which the smallest value is at most 16."""
    sizes = np.abs(values)
    exact = [Fraction(float(size)) for size in sizes]
    if not all(exact):
        return None
    below = np.nextafter(sizes, np.zeros_like(sizes))
    slack = [(size - Fraction(float(lower))) / 2 for size, lower in zip(exact, below, strict=True)]
    smallest = min(exact)
    for divisor in range(1, _MAX_DIVISOR + 1):
        multiples = [round(size * divisor / smallest) for size in exact]
        if max(multiples) > MAX_MULTIPLE:
            return None
        low = max((size - s) / m for size, s, m in zip(exact, slack, multiples, strict=True))
        high = min((size + s) / m for size, s, m in zip(exact, slack, multiples, strict=True))
        step = _simplest_between(low, high, values.dtype) if low <= high else None
        if step is not None and (products(multiples, step, values.dtype) == sizes).all():
            return step
    return None


def _simplest_between(low: Fraction, high: Fraction, dtype: DType) -> float | None:
    exponent = high.numerator.bit_length() - high.denominator.bit_length()
    exponent -= Fraction(2) ** exponent > high
    for bits in range(np.finfo(dtype).nmant + 1):
        unit = Fraction(2) ** (exponent - bits)
        candidate = -(-low // unit) * unit
        if low <= candidate <= high:
            step = float(candidate)
            return step if step > 0 and float(np.array(step, dtype=dtype)) == step else None
    return None
