"""The exact Occam bound of one fixed classifier, and the test-set bound."""

import math

import numpy as np

from netrazor.bounds._arguments import (
    NONNEGATIVE,
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
from netrazor.bounds._rounding import quotient_up, up
from netrazor.bounds.divergence import kl_inverse

_ERRORS = count_of("count the errors on the n examples")


@elementwise(errors=_ERRORS, n=at_least(1), code_bits=NONNEGATIVE, delta=PROBABILITY)
def occam(errors: Numbers, n: Numbers, code_bits: Numbers, delta: Numbers = 0.05) -> Numbers:
    """The largest p with P(Binomial(n, p) <= errors) >= delta 2^(-code_bits), rounded up.

    Claim: with probability at least 1 - delta over n i.i.d. examples, for all classifiers of a prefix-free
    code at once, the error probability of one that errs on ``errors`` of the examples and has a message of
    ``code_bits`` is at most this. The paper's Theorem 4.1 with the exact binomial tail in place of Theorem
    3.1 (Langford 2005, "Tutorial on practical prediction theory for classification", Theorem 4.6); Kraft's
    inequality lets the shares of delta add up.

    Args:
        errors: number of examples that the classifier gets wrong.
        n: number of independent examples.
        code_bits: length of its message, of any size, whole or not.
        delta: failure probability.

    Raises:
        InvalidArgument: an argument outside its domain, errors above n, or shapes that do not broadcast.
    """
    check_within("errors", errors, n, _ERRORS)
    nats = up(code_bits * math.log(2.0) - np.log(delta))
    # Chernoff: the tail is at most exp(-n kl(errors/n || p)), so this is above the root, and never looser.
    upper = kl_inverse(quotient_up(errors / n), up(nats / n))
    inside = (errors > 0) & (errors < n)
    upper[inside] = np.minimum(
        upper[inside], _tail_root(errors[inside], n[inside], -nats[inside], upper[inside])
    )
    return upper


def clopper_pearson(errors: Numbers, n: Numbers, delta: Numbers = 0.05) -> Numbers:
    """The largest p with P(Binomial(n, p) <= errors) >= delta, rounded up.

    Claim: with probability at least 1 - delta over n i.i.d. examples that had no part in choosing the
    classifier, its error probability is at most this. Clopper and Pearson 1934, one-sided.
    """
    return occam(errors, n, 0, delta)


def _tail_root(k: Array, n: Array, log_target: Array, start: Array) -> Array:
    """The root of log P(Binomial(n, p) <= k) = log_target, from above; the logarithm is concave in p."""

    def left_over(p: Array, at: Indices) -> tuple[Array, Array]:
        log_mass, series = log_mass_above(k[at], n[at], p)
        return log_mass + np.log(series) - log_target[at], -(n - k)[at] / ((1 - p) * series)

    return root_from_above(left_over, start, k / n / 64)
