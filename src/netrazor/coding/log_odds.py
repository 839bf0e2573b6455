"""Probabilities on a fixed grid of log-odds, computed alike on every machine.

A level l stands for the log-odds l / STEPS_PER_NAT. Its probability is a multiple of 2^-24, computed once with
correctly rounded decimal arithmetic; the models only ever hand levels to the coder, so no exponential or
logarithm of the platform has a part in what is written.
"""

import math
from decimal import Context, Decimal

import numpy as np
from numpy.typing import NDArray

STEPS_PER_NAT = 160
TOP_LEVEL = 2047  # log-odds of 12.8: a certain bit costs 4e-6 bits
_PRECISION = 24
_EXACT = Context(prec=30)


def _probability(level: int) -> float:
    odds = _EXACT.exp(_EXACT.divide(Decimal(-level), Decimal(STEPS_PER_NAT)))
    share = _EXACT.divide(Decimal(1), _EXACT.add(Decimal(1), odds))
    return float(_EXACT.multiply(share, Decimal(2**_PRECISION)).to_integral_value()) / 2.0**_PRECISION


def _logarithm(numerator: int, denominator: int) -> float:
    return float(_EXACT.ln(_EXACT.divide(Decimal(numerator), Decimal(denominator))))


_UPPER = [_probability(level) for level in range(TOP_LEVEL + 1)]
PROBABILITY = [1 - p for p in reversed(_UPPER[1:])] + _UPPER
"""Probability of a one at level l, at index l + TOP_LEVEL."""

COST_BITS = [-math.log2(p) for p in PROBABILITY]
"""Bits that a one costs at level l, at index l + TOP_LEVEL; a zero costs those of a one at -l."""


def nearest_level(log_odds: float) -> int:
    """The level nearest to these log-odds, halves to the even one."""
    return max(-TOP_LEVEL, min(TOP_LEVEL, round(log_odds * STEPS_PER_NAT)))


_MANTISSA_STEPS = 256
LOG_MANTISSA = [_logarithm(2 * j + 1, 4 * _MANTISSA_STEPS) for j in range(2 * _MANTISSA_STEPS)]
LOG_2 = _logarithm(2, 1)


def log(x: float) -> float:
    """Natural logarithm of x > 0 to 0.2 %, by a table of mantissas: exactly rounded operations only."""
    mantissa, exponent = math.frexp(x)
    return LOG_MANTISSA[int(mantissa * (2 * _MANTISSA_STEPS))] + exponent * LOG_2


def logs(x: NDArray[np.floating]) -> NDArray[np.float64]:
    """`log` of each element, to the bit."""
    mantissas, exponents = np.frexp(x)
    steps = (mantissas * (2 * _MANTISSA_STEPS)).astype(np.intp)
    found: NDArray[np.float64] = np.array(LOG_MANTISSA)[steps] + exponents * LOG_2
    return found
