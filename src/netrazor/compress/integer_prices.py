"""What small tensors of whole numbers cost in a message, estimated, and what a change of one element adds.

The estimate follows the coder: which elements are not zero, by their number; which values there are, as multiples of
their greatest common step; and which element has which, by an adaptive code. It is within a few bits of the message's
length for tensors of up to some thousand elements.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Counts = tuple[tuple[int, int], ...]  # (value, how often), values not zero and rising

_OVERHEAD = 6.0  # bits of choices between models, of a tensor that is not empty
_EMPTY = 2.0
_STEP_BITS = 9.0  # that a codebook needs no mantissa bits, said once


def count_values(integers: NDArray[np.int64]) -> Counts:
    """How often each value but zero occurs."""
    values, counts = np.unique(integers[integers != 0], return_counts=True)
    return tuple(zip(values.tolist(), counts.tolist(), strict=True))


@lru_cache(maxsize=100_000)
def tensor_bits(size: int, counts: Counts, *, first: bool) -> float:
    """Bits of a tensor of ``size`` elements; ``first``: no codebook was sent before."""
    used = sum(count for _, count in counts)
    if used == 0:
        return _EMPTY
    pattern = _log2_binomial(size, used) + math.log2(size + 1)
    return (
        _OVERHEAD + pattern + _codebook_bits([value for value, _ in counts], first) + _adaptive_bits(counts)
    )


def move_prices(size: int, counts: Counts, grid: tuple[int, ...], old: int, *, first: bool) -> list[float]:
    """Bits that are added when an element of value ``old`` takes each value of ``grid``."""
    now = tensor_bits(size, counts, first=first)
    return [tensor_bits(size, _moved(counts, old, new), first=first) - now for new in grid]


def _moved(counts: Counts, old: int, new: int) -> Counts:
    changed = dict(counts)
    if old:
        changed[old] -= 1
    if new:
        changed[new] = changed.get(new, 0) + 1
    return tuple(sorted((value, count) for value, count in changed.items() if count))


def _adaptive_bits(counts: Counts) -> float:
    """Krichevsky and Trofimov's estimator over the values that occur."""
    kinds, total = len(counts), sum(count for _, count in counts)
    if kinds < 2:
        return 0.0
    parts = sum(math.lgamma(count + 0.5) for _, count in counts) - kinds * math.lgamma(0.5)
    return (math.lgamma(total + kinds / 2) - math.lgamma(kinds / 2) - parts) / math.log(2)


def _codebook_bits(values: list[int], first: bool) -> float:
    step = math.gcd(*values)
    twos = step & -step
    odd = (step // twos).bit_length() - 1
    exponent = 1.0 if step == 1 else 2.0 + _number_bits(step.bit_length() - 1)
    sides = ([-v // step for v in values if v < 0], [v // step for v in values if v > 0])
    return (_STEP_BITS if first else 1.0) + 1.5 + odd + exponent + sum(map(_side_bits, sides))


def _side_bits(multiples: list[int]) -> float:
    """The largest multiple on one side of zero, and which of the smaller ones there are."""
    top = max(multiples, default=0)
    bits = _number_bits(top) + 1.0
    if len(multiples) == top:
        return bits
    return bits + math.log2(top) + _log2_binomial(top - 1, len(multiples) - 1)


def _number_bits(value: int) -> float:
    return 2.0 * ((value + 1).bit_length() - 1) + 1.0


def _log2_binomial(n: int, k: int) -> float:
    return (math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)) / math.log(2)
