"""Roots from above: a value is returned only where the function has provably changed its sign."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from netrazor.bounds._arguments import Array
from netrazor.bounds._rounding import UNIT_ROUNDOFF

Indices: TypeAlias = NDArray[np.intp]

_STEPS = 100
_RESOLUTION = 2.0**-42
_BELOW_ONE = 1 - UNIT_ROUNDOFF
_FLATTEST = 2.0**-200


def root_from_above(
    function: Callable[[Array, Indices], tuple[Array, Array]], start: Array, least: Array
) -> Array:
    """At least the root in (0, 1) of each of a list of concave decreasing functions, and close to it.

    Newton's tangent to a concave function lies above it, so in exact arithmetic every step ends right of the
    root. In floating point neither the start nor a step is trusted: a point counts as right of the root only
    where the function, with its rounding error added, is no more than 0. Where no such point below 1 is found
    the answer is 1.

    Args:
        function: takes points and the places in the list that they belong to; gives values **at least** the
            exact ones, and slopes, which need only be roughly right.
        start: points to the right of the roots.
        least: points to the left of them, below which no step goes.
    """
    upper, p = np.ones_like(start), np.minimum(start, _BELOW_ONE)
    at = np.arange(len(start))
    for _ in range(_STEPS):
        value, slope = function(p[at], at)
        here = p[at]
        holds = value <= 0
        upper[at[holds]] = np.minimum(upper[at[holds]], here[holds])
        step = -value / np.minimum(slope, -_FLATTEST)
        resolution = here * np.maximum(_RESOLUTION * (1 - here), 2 * UNIT_ROUNDOFF)
        settled = np.abs(step) <= 4 * resolution
        p[at] = np.clip(here + step + np.where(settled, 2 * resolution, 0.0), least[at], _BELOW_ONE)
        at = at[~(settled & holds) & (p[at] != here)]  # where a step leads nowhere, so do all that follow
        if not len(at):
            break
    return upper
