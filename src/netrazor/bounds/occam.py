"""The exact Occam bound of one fixed classifier, and the test-set bound: binomial tails in logarithms."""

import math

import numpy as np

from netrazor.bounds._arguments import NONNEGATIVE, PROBABILITY, Array, Domain, Numbers, at_least, elementwise
from netrazor.bounds._roots import Indices, root_from_above
from netrazor.bounds._rounding import UNIT_ROUNDOFF, quotient_up, up
from netrazor.bounds.divergence import kl_inverse

_ERRORS = Domain(
    "a whole number from 0 to n",
    lambda x: (x >= 0) & (x <= 2.0**53) & (x == np.floor(x)),
    "count the errors on the n examples",
)
_BLOCK = 2**21  # numbers held at once by the series
_TABLED = 16
_LOG_SQRT_2PI = math.log(2 * math.pi) / 2


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
    if (errors > n).any():
        raise _ERRORS.refusal("errors", f"{errors[errors > n][0]:g} with n = {n[errors > n][0]:g}")
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
        log_tail, series = _log_tail_above(k[at], n[at], p)
        return log_tail - log_target[at], -(n - k)[at] / ((1 - p) * series)

    return root_from_above(left_over, start, k / n / 64)


def _log_tail_above(k: Array, n: Array, p: Array) -> tuple[Array, Array]:
    """At least log P(Binomial(n, p) <= k) for 0 < k < n, and the tail's ratio to its last term.

    The last term in logarithms is -n kl(k/n || p) and Stirling's corrections (Loader 2000). The quotients in
    its logarithms are off by 3 units, which k and n - k multiply; the logarithms by 8 units of their size,
    sums and products by some more; each factor of the series by 3.
    """
    hits = k * np.log(n * p / k)
    misses = (n - k) * np.log(n * (1 - p) / (n - k))
    spread = np.log(k * ((n - k) / n)) / 2 + _LOG_SQRT_2PI
    log_term = hits + misses - spread + _stirling(n) - _stirling(k) - _stirling(n - k)
    series, factors = _series(k, n, p)
    error = UNIT_ROUNDOFF * (4 * n + 16 * (np.abs(hits) + np.abs(misses)) + 4 * factors + 2048)
    return log_term + np.log(series) + error, series


def _stirling(x: Array) -> Array:
    """log(x!) - log(sqrt(2 pi x) (x/e)^x) for whole x >= 1, within 1e-14."""
    table = np.array([0.0] + [_stirling_exact(i) for i in range(1, _TABLED)])
    big = np.maximum(x, _TABLED)
    s = 1 / big**2
    tail = (
        1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s * (1 / 1188 - s * (691 / 360360)))))
    ) / big
    return np.where(x < _TABLED, table[np.minimum(x, _TABLED - 1).astype(int)], tail)


def _stirling_exact(i: int) -> float:
    return math.log(math.factorial(i)) - math.log(2 * math.pi * i) / 2 - i * math.log(i) + i


def _series(k: Array, n: Array, p: Array) -> tuple[Array, Array]:
    """The sum over i >= 0 of the products over m < i of (k - m)(1 - p) / ((n - k + 1 + m) p), from above.

    The factors fall with m, so what is left out is at most a geometric series. Also returns the number of
    factors that were multiplied.
    """
    total, term, factors = np.ones_like(k), np.ones_like(k), np.zeros_like(k)
    odds = (1 - p) / p
    active, done, width = np.arange(len(k)), 0, 16
    while len(active):
        m = done + np.arange(width)
        ratio = np.maximum(k[active, None] - m, 0) / ((n - k + 1)[active, None] + m) * odds[active, None]
        terms = term[active, None] * np.cumprod(ratio, axis=1)
        total[active] += terms.sum(axis=1)
        term[active] = terms[:, -1]
        last = ratio[:, -1]
        with np.errstate(divide="ignore", invalid="ignore"):
            rest = np.where(last < 1, terms[:, -1] * last / (1 - last), np.inf)
        finished = rest <= 2.0**-50 * total[active]
        total[active[finished]] += rest[finished]
        done += width
        factors[active[finished]] = done
        active = active[~finished]
        width = max(16, min(4 * width, _BLOCK // max(len(active), 1)))
    return total, factors
