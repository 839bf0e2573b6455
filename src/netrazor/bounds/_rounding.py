"""Rounding towards the weaker claim.

The library functions used here (log, log1p, expm1, sqrt, erfc) are taken to be off by at most 4 units in the
last place, the figure that NumPy states for its vectorized kernels; sums and products are rounded correctly.
A formula made of a few of them on terms of one sign is then off by well under 64 units of 2^-53.
"""

import numpy as np

from netrazor.bounds._arguments import Array, Numbers

UNIT_ROUNDOFF = 2.0**-53
_MARGIN = 64 * UNIT_ROUNDOFF


def up(value: Numbers) -> Numbers:
    """At least the exact value of a formula in non-negative terms that gave ``value``."""
    return value * (1 + _MARGIN)


def down(value: Numbers) -> Numbers:
    """At most the exact value of a formula in non-negative terms that gave ``value``."""
    return value * (1 - _MARGIN)


def quotient_up(fraction: Array) -> Array:
    """A frequency at least as large as any quotient of counts that rounds to ``fraction``."""
    return np.where((fraction > 0) & (fraction < 1), np.nextafter(fraction, 1.0), fraction)


def risk(value: Array) -> Array:
    """A bound on an error probability says no more than 1."""
    return np.minimum(value, 1.0)
