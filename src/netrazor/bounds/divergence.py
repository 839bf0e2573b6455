"""The binary divergence kl(q || p), bounded from below in floating point, and its upper inverse."""

import numpy as np

from netrazor.bounds._arguments import NONNEGATIVE, UNIT, Array, Numbers, elementwise
from netrazor.bounds._roots import Indices, root_from_above
from netrazor.bounds._rounding import UNIT_ROUNDOFF

_SMALLEST = 2.0**-960  # below it p / q may overflow
_FIRST_TERM = 2.0**-940  # at least q log(1 / q) down there
_ERROR = 64 * UNIT_ROUNDOFF


def kl_below(q: Array, p: Array) -> Array:
    """At most kl(q || p), and within about 1e-14 |p - q| of it while neither is close to 0 or 1.

    With d = p - q, both terms of q log(q/p) + (1-q) log((1-q)/(1-p)) are of the size of d, and the divergence
    is of the size of d^2. Taken through log1p each term is off by a few units times d, where plain logarithms
    would be off by units times 1; so an inverse is off by units times p (1 - p), whatever q is.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        first = np.where(q > 0, -q * log_quotient(p, np.maximum(q, _SMALLEST), p - q), 0.0)
        second = np.where(q < 1, -(1 - q) * log_quotient(1 - p, 1 - q, q - p), 0.0)
        value = first + second - _ERROR * (np.abs(p - q) + np.abs(first) + np.abs(second)) - _FIRST_TERM
    infinite = (first == np.inf) | (second == np.inf)
    return np.where(infinite, np.inf, np.maximum(value, 0.0))


def log_quotient(over: Array, under: Array, difference: Array) -> Array:
    """The logarithm of over / under, through log1p save where the quotient itself keeps more digits."""
    share = difference / under
    return np.where(share > -0.5, np.log1p(share), np.log(over / under))


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
    root = np.ones_like(q)
    inside = q < 1
    root[inside] = _kl_root(np.where(q > 0, np.maximum(q, _SMALLEST), q)[inside], c[inside])
    return root


def _kl_root(q: Array, c: Array) -> Array:
    def left_over(p: Array, at: Indices) -> tuple[Array, Array]:
        return c[at] - kl_below(q[at], p), (q[at] - p) / (p * (1 - p))

    # Two points to the right of the root: Pinsker's, and the root of -h(q) - (1 - q) log(1 - p) = c.
    entropy = -q * np.log(np.maximum(q, _SMALLEST)) - (1 - q) * np.log1p(-q)
    start = np.minimum(q + np.sqrt(c / 2), -np.expm1(-(c + entropy) / (1 - q)))
    return root_from_above(left_over, start + 2 * _ERROR * (1 - q), np.maximum(q, _SMALLEST))
