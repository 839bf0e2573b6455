"""The binary divergence kl(q || p), bounded from below in floating point, and its upper inverse."""

from collections.abc import Callable

import numpy as np

from netrazor.bounds._arguments import NONNEGATIVE, UNIT, Array, Numbers, elementwise
from netrazor.bounds._rounding import UNIT_ROUNDOFF

_SMALLEST = 2.0**-960  # below it p / q overflows
_ERROR = 64 * UNIT_ROUNDOFF


def kl_below(q: Array, p: Array) -> Array:
    """At most kl(q || p), for q <= p, and within about 1e-14 (p - q) of it while p is not close to 1.

    With d = p - q, both terms of q log(q/p) + (1-q) log((1-q)/(1-p)) are of the size of d, and the divergence
    is of the size of d^2. Taken through log1p each term is off by a few units times d, where plain logarithms
    would be off by units times 1; so an inverse is off by units times p (1 - p), whatever q is.
    """
    d = p - q
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        first = np.where(q > 0, q * np.log1p(d / np.maximum(q, _SMALLEST)), 0.0)
        share = d / (1 - q)
        # log1p loses its digits where 1 - p is much smaller than 1 - q; there the quotient itself is exact.
        logarithm = np.where(share < 0.5, -np.log1p(-share), np.log((1 - q) / (1 - p)))
        second = np.where(q < 1, (1 - q) * logarithm, 0.0)
        value = second - first - _ERROR * (d + second)
    return np.where(second == np.inf, np.inf, np.maximum(value, 0.0))


def upper_root(below: Callable[[Array], Array], least: Array, target: Array) -> Array:
    """At least the largest p in [least, 1] at which an increasing function is no more than ``target``.

    ``below(p)`` is at most the function's exact value. The upper end of the bracket moves only to points where
    ``below`` exceeds the target, so the exact function exceeds it there too, and the upper end is what is
    returned: neither the halting of the bisection nor rounding can take it under the root.
    """
    lower, upper = least.copy(), np.ones_like(least)
    while True:
        middle = lower + (upper - lower) / 2
        if not ((middle > lower) & (middle < upper)).any():
            return upper
        beyond = below(middle) > target
        upper = np.where(beyond, middle, upper)
        lower = np.where(beyond, lower, middle)


@elementwise(q=UNIT, c=NONNEGATIVE)
def kl_inverse(q: Numbers, c: Numbers) -> Numbers:
    """The largest p with kl(q || p) <= c, rounded up.

    At least the exact inverse, and no more than 1e-12 above it.

    Args:
        q: a frequency, taken as exact.
        c: nats.

    Raises:
        InvalidArgument: q outside [0, 1], c negative, infinite or NaN.
    """
    q = np.where(q > 0, np.maximum(q, _SMALLEST), q)
    return upper_root(lambda p: kl_below(q, p), q, c)
