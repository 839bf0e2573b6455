"""Catoni's PAC-Bayes bound, Theorem 3.1 of the paper."""

import numpy as np

from netrazor.bounds._arguments import (
    ABOVE_ONE,
    NONNEGATIVE,
    PROBABILITY,
    UNIT,
    Array,
    Numbers,
    at_least,
    elementwise,
)
from netrazor.bounds._rounding import quotient_up, risk, up
from netrazor.errors import InvalidArgument

#: Fixed before any record was run, as the theorem asks. The price of alpha is (alpha - 1) KL nats against
#: 2 log(1 / (alpha - 1)): 1.0001 suits divergences of thousands to a hundred thousand nats.
ALPHA = 1.0001
#: A list fixed in advance, for when alpha is chosen after seeing the data and paid for.
ALPHAS = (1.1, 1.01, 1.001, 1.0001, 1.00001)

_COARSE, _FINE, _ROUNDS = 96, 17, 7
_BLOCK = 4096


@elementwise(
    empirical_risk=UNIT,
    kl_nats=NONNEGATIVE,
    n=at_least(1),
    lam=ABOVE_ONE,
    delta=PROBABILITY,
    alpha=ABOVE_ONE,
)
def catoni_at(
    empirical_risk: Numbers,
    kl_nats: Numbers,
    n: Numbers,
    lam: Numbers,
    delta: Numbers = 0.05,
    alpha: Numbers = ALPHA,
) -> Numbers:
    """The value under the infimum of Theorem 3.1 at one lambda > 1.

    Claim: as for ``catoni``; the theorem holds for all lambda at once, so lambda may depend on the data.
    """
    return _value(quotient_up(empirical_risk), kl_nats, n, lam, delta, alpha)


@elementwise(empirical_risk=UNIT, kl_nats=NONNEGATIVE, n=at_least(1), delta=PROBABILITY, alpha=ABOVE_ONE)
def catoni(
    empirical_risk: Numbers,
    kl_nats: Numbers,
    n: Numbers,
    delta: Numbers = 0.05,
    alpha: Numbers = ALPHA,
) -> Numbers:
    """Theorem 3.1: inf over lambda > 1 of Phi^-1_{lambda/n}(Lhat + (alpha/lambda)(KL - log delta + union)).

    Here Phi^-1_g(x) = (1 - e^(-g x)) / (1 - e^(-g)) and union = 2 log( log(alpha^2 lambda) / log alpha ).

    Claim: with probability at least 1 - delta over n i.i.d. examples, for all posteriors at once, the
    expected 0-1 loss is at most this. Catoni 2007, Theorem 1.2.6, as the paper's Theorem 3.1 states it.

    Every lambda gives a valid value, so the search can only lose tightness; it stays within 1e-6 of the
    infimum.

    Args:
        empirical_risk: mean loss on the n examples, as a fraction; a rounded quotient is taken one float up.
        kl_nats: at least KL(posterior || prior), the prior fixed without these examples.
        n: number of independent examples.
        delta: failure probability.
        alpha: above 1, chosen without the examples.

    Raises:
        InvalidArgument: an argument outside its domain, or shapes that do not broadcast.
    """
    columns = [quotient_up(empirical_risk), kl_nats, n, delta, alpha]
    starts = range(0, len(n), _BLOCK)
    blocks = [_infimum(*(column[at : at + _BLOCK, None] for column in columns)) for at in starts]
    return np.concatenate(blocks) if blocks else np.empty(0)


def catoni_over_alpha(
    empirical_risk: Numbers,
    kl_nats: Numbers,
    n: Numbers,
    delta: Numbers = 0.05,
    alphas: tuple[float, ...] = ALPHAS,
) -> Numbers:
    """The least of Catoni's bounds over a list of alphas fixed in advance, each at delta / len(alphas).

    Claim: as for ``catoni``, by a union bound over the list.

    Raises:
        InvalidArgument: an empty list, or an argument outside its domain.
    """
    if not len(alphas):
        raise InvalidArgument("alphas: must be a list of numbers above 1, got none; name at least one")
    share = PROBABILITY.check("delta", delta) / (len(alphas) * (1 + 2.0**-50))
    least = np.min([catoni(empirical_risk, kl_nats, n, share, alpha) for alpha in alphas], axis=0)
    return least if least.shape else float(least)


def _value(q: Array, kl_nats: Array, n: Array, lam: Array, delta: Array, alpha: Array) -> Array:
    """Phi^-1 at one lambda, rounded up: every difference here is inside an expm1 or a log1p."""
    log_alpha = np.log1p(alpha - 1)
    union = 2 * np.log((2 * log_alpha + np.log(lam)) / log_alpha)
    exponent = up((lam * q + alpha * (kl_nats - np.log(delta) + union)) / n)  # gamma x of the theorem
    return risk(np.asarray(up(np.expm1(-exponent) / np.expm1(-lam / n))))


def _infimum(q: Array, kl_nats: Array, n: Array, delta: Array, alpha: Array) -> Array:
    """The least value on a grid of log lambda that closes in on its best point.

    From lambda = 64 n on the denominator 1 - exp(-lambda/n) is 1 to within 2e-28 while the numerator grows,
    so no smaller value lies beyond.
    """
    low, high = np.full_like(n, 2.0**-30), np.log(64 * n)
    best = np.ones_like(n)
    for points in (_COARSE, *[_FINE] * _ROUNDS):
        grid = low + (high - low) * np.linspace(0, 1, points)
        values = _value(q, kl_nats, n, np.exp(grid), delta, alpha)
        at = values.argmin(axis=1)[:, None]
        best = np.minimum(best, np.take_along_axis(values, at, axis=1))
        low = np.take_along_axis(grid, np.maximum(at - 1, 0), axis=1)
        high = np.take_along_axis(grid, np.minimum(at + 1, points - 1), axis=1)
    return best[:, 0]
