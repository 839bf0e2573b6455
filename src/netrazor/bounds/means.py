"""Upper confidence bounds for the mean of independent values in [0, 1]: the risk of a noisy network."""

import math
from typing import Literal

import numpy as np

from netrazor.bounds._arguments import PROBABILITY, UNIT, Numbers, at_least, elementwise
from netrazor.bounds._rounding import quotient_up, risk, up
from netrazor.bounds.divergence import kl_inverse
from netrazor.errors import InvalidArgument

Estimator = Literal["kl-chernoff", "empirical-bernstein"]


@elementwise(mean=UNIT, count=at_least(1), delta=PROBABILITY)
def kl_chernoff(mean: Numbers, count: Numbers, delta: Numbers) -> Numbers:
    """The largest mu with kl(mean || mu) <= log(1/delta) / count, rounded up.

    Claim: with probability at least 1 - delta over ``count`` independent values in [0, 1], the average of
    their expectations is at most this. Hoeffding 1963, Theorem 1.

    Raises:
        InvalidArgument: an argument outside its domain, or shapes that do not broadcast.
    """
    return kl_inverse(quotient_up(mean), up(-np.log(delta) / count))


@elementwise(mean=UNIT, variance=UNIT, count=at_least(2), delta=PROBABILITY)
def empirical_bernstein(mean: Numbers, variance: Numbers, count: Numbers, delta: Numbers) -> Numbers:
    """The value mean + sqrt(2 V log(2/delta) / count) + 7 log(2/delta) / (3 (count - 1)), rounded up.

    Claim: with probability at least 1 - delta over ``count`` independent values in [0, 1], the average of
    their expectations is at most this. Maurer and Pontil 2009, Theorem 4.

    Args:
        mean: their mean.
        variance: the unbiased sample variance V (divisor count - 1), at least as large as the exact one.
        count: how many values.
        delta: failure probability.

    Raises:
        InvalidArgument: an argument outside its domain, or shapes that do not broadcast.
    """
    nats = np.log(2.0) - np.log(delta)
    slack = np.sqrt(2 * variance * nats / count) + 7 * nats / (3 * (count - 1))
    return risk(up(quotient_up(mean) + slack))


def mean_upper(values: Numbers, delta: float, estimator: Estimator = "empirical-bernstein") -> float:
    """Upper confidence bound for the common mean of independent ``values`` in [0, 1].

    Claim: that of the estimator, which is chosen before the values are drawn. Empirical Bernstein profits
    from values that vary little, as the error rates of large batches do; kl-Chernoff suits few values.

    Raises:
        InvalidArgument: values outside [0, 1] or too few of them, delta outside (0, 1), unknown estimator.
    """
    numbers = UNIT.check("values", values).ravel()
    least = {"kl-chernoff": 1, "empirical-bernstein": 2}.get(estimator)
    if least is None:
        raise InvalidArgument(
            f"estimator: must be 'kl-chernoff' or 'empirical-bernstein', got {estimator!r}; name one of them"
        )
    count = len(numbers)
    if count < least:
        raise InvalidArgument(f"values: must be at least {least} for {estimator}, got {count}; draw more")
    mean = math.fsum(numbers) / count
    if estimator == "kl-chernoff":
        return float(kl_chernoff(mean, count, delta))
    variance = up(math.fsum((numbers - mean) ** 2) / (count - 1))
    return float(empirical_bernstein(mean, variance, count, delta))
