"""The bound of sample compression by a preferent rule: Pick-to-Learn, with errors left or without.

With p_k the mass of Binomial(n, alpha) at k and P the probability of more than k, the published equation

    (delta / n) sum over m = k .. n-1 of [C(m, k) / C(n, k)] (1 - alpha)^(-(n - m)) = 1

reads n alpha p_k = delta P: the sum of C(m, k) (1 - alpha)^m over m < n is, up to the factor
(1 - alpha)^k / alpha^(k + 1), the probability that the (k + 1)-th success comes within n trials. The two sides
are a single term and a tail close to 1, so nothing large cancels, and no sum over n terms is left.
"""

import numpy as np

from netrazor.bounds._arguments import (
    PROBABILITY,
    Array,
    Numbers,
    at_least,
    check_within,
    count_of,
    elementwise,
)
from netrazor.bounds._binomial import log_mass_above
from netrazor.bounds._roots import Indices, root_from_above
from netrazor.bounds._rounding import UNIT_ROUNDOFF, down, quotient_up, up
from netrazor.bounds.divergence import kl_inverse

_SIZE = count_of("count the examples of the compressed set, errors left included")
_SMALLEST = 2.0**-200  # below the root, even for an empty set and the largest delta below 1
_ERROR = 64 * UNIT_ROUNDOFF


@elementwise(size=_SIZE, n=at_least(1), delta=PROBABILITY)
def preferent_compression(size: Numbers, n: Numbers, delta: Numbers = 0.05) -> Numbers:
    """The root alpha in (k/n, 1) of (delta/n) sum_{m=k}^{n-1} [C(m,k)/C(n,k)] (1-alpha)^(m-n) = 1, rounded up.

    Claim: let a rule choose a set of k = ``size`` out of n i.i.d. examples, such that removing an example
    outside of the set does not change it. With probability at least 1 - delta over the examples, for all sizes
    at once, the probability that a new example would change the set is at most this; so is the error
    probability of a predictor that is a fixed function of the set, where every error changes the set. It is 1
    where all examples are in the set. Campi and Garatti 2023, "Compression, generalization and learning",
    Theorem 7; derived in docs/picked-examples.md.

    Args:
        size: number of examples in the set: all that were picked and all that are still wrong.
        n: number of independent examples that it was chosen from.
        delta: failure probability.

    Raises:
        InvalidArgument: an argument outside its domain, a size above n, or shapes that do not broadcast.
    """
    check_within("size", size, n, _SIZE)
    root, inside = np.ones_like(n), size < n
    root[inside] = _root(size[inside], n[inside], delta[inside])
    return root


def _root(k: Array, n: Array, delta: Array) -> Array:
    # By Chernoff, the mass at k and the tail up to k are at most exp(-n kl(k/n || p)). Where that is
    # delta / (2 n), P is at least 1/2 and n alpha p_k at most delta / 2: a point above the root.
    above = kl_inverse(quotient_up(k / n), up((np.log(2 * n) - np.log(delta)) / n))

    def left_over(alpha: Array, at: Indices) -> tuple[Array, Array]:
        return _log_ratio_above(k[at], n[at], delta[at], alpha)

    return np.minimum(above, root_from_above(left_over, above, np.maximum(k / n, _SMALLEST)))


def _log_ratio_above(k: Array, n: Array, delta: Array, alpha: Array) -> tuple[Array, Array]:
    """At least log(n alpha p_k / (delta P)), and about its slope.

    Minus the logarithm of a sum of exponentials of the convex -log(1 - alpha): concave, and falling. Its slope
    is the mean of n - m under the terms of the sum, at least 1, over -(1 - alpha).

    The logarithms and their sum are off by a few units of their sizes, which 64 units outweigh; what the tail
    is off by is on the safe side in both places. k is below n alpha, so that the tail is not close to 1 and P
    keeps its digits, but for k = 0 and delta close to 1: there the tail is taken with a relative error.
    """
    log_mass, series = -down(-n * np.log1p(-alpha)), np.ones_like(n)
    some = k > 0
    log_mass[some], series[some] = log_mass_above(k[some], n[some], alpha[some])
    more = np.maximum(-np.expm1(log_mass + np.log(series)), _SMALLEST)
    logarithms = np.stack([np.log(n * alpha), -np.log(delta), log_mass, -np.log(more)])
    value = logarithms.sum(axis=0) + _ERROR * (1 + np.abs(logarithms).sum(axis=0))
    fall = n * alpha - k - (1 - alpha) + (n - k) * alpha * np.exp(log_mass) / more
    return value, -np.maximum(fall / alpha, 1.0) / (1 - alpha)
