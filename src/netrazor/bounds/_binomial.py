"""The mass of a binomial distribution at a point, in logarithms, and the tail below it; both rounded up."""

import math

import numpy as np

from netrazor.bounds._arguments import Array
from netrazor.bounds._rounding import UNIT_ROUNDOFF
from netrazor.bounds.divergence import log_quotient

_BLOCK = 2**21  # numbers held at once by the series
_LONGEST = 2**20  # factors of the series, beyond which the geometric series takes over
_TABLED = 16
_LOG_SQRT_2PI = math.log(2 * math.pi) / 2


def log_mass_above(k: Array, n: Array, p: Array) -> tuple[Array, Array]:
    """At least log P(Binomial(n, p) = k) for 0 < k < n; with it, at least the tail up to k as a multiple of the mass.

    The mass in logarithms is -n kl(k/n || p) and Stirling's corrections (Loader 2000). As in the divergence,
    the quotients in its logarithms are off by no more than units of the larger of k and n p: the difference
    n p - k by one of n p and two of its own, which the slope of log1p at most doubles; a quotient below 1/2 by
    three of its own. The logarithms are off by 8 units of their size, sums and products by some more; each
    factor of the series by 3, and the logarithm of the series adds to the same error.
    """
    hits = k * log_quotient(n * p, k, n * p - k)
    misses = (n - k) * log_quotient(n * (1 - p), n - k, k - n * p)
    spread = np.log(k * ((n - k) / n)) / 2 + _LOG_SQRT_2PI
    log_mass = hits + misses - spread + _stirling(n) - _stirling(k) - _stirling(n - k)
    series, factors = _series(k, n, p)
    sizes = 8 * np.maximum(n * p, k) + 16 * (np.abs(hits) + np.abs(misses)) + 4 * factors + 2048
    error = UNIT_ROUNDOFF * sizes
    return log_mass + error, series


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
        finished = (rest <= 2.0**-50 * total[active]) | (done + width >= _LONGEST)
        total[active[finished]] += rest[finished]
        done += width
        factors[active[finished]] = done
        active = active[~finished]
        width = max(16, min(4 * width, _BLOCK // max(len(active), 1)))
    return total, factors
