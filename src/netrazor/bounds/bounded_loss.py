"""The mean of a loss in [0, 1] from above, by betting against every larger mean; for a message of any length.

If the mean is m or more, a bettor who stakes a share b of the wealth on each example, at odds (1 - x) / (1 - m) for a
loss x, has wealth

    W_b(m) = product over examples of (1 - b + b (1 - x) / (1 - m)),   0 <= b <= 1,

of expectation 1 at most, and so has every mixture of bettors that was fixed beforehand. By Markov's inequality a
mixture's wealth reaches 2^bits / delta with probability delta 2^-bits at most. Two mixtures are mixed: a few shares
b, which serve short messages and hold-outs, and all of [0, 1] under Jeffreys' density, which loses
log(pi n + 1) / 2 nats at most on the best b in hindsight and serves long ones.
"""

import numpy as np

from netrazor.bounds._arguments import NONNEGATIVE, PROBABILITY, UNIT, Array, Numbers, at_least
from netrazor.bounds._rounding import UNIT_ROUNDOFF, up
from netrazor.errors import InvalidArgument

_FEW = 0.9  # of the mixture's mass on the few shares
_STEPS = 60  # of each bisection
_LARGEST = 2.0**500  # nats; wealth below its exponential is none
_BELOW_ONE = 1 - UNIT_ROUNDOFF
_COUNTS = at_least(0)


def bounded_loss(values: Numbers, counts: Numbers, code_bits: float = 0.0, delta: float = 0.05) -> Numbers:
    """The least m at which the mixed bettors reach 2^code_bits / delta, rounded up.

    Claim: with probability at least 1 - delta over n i.i.d. examples, for all predictors of a prefix-free code at
    once, the expected loss of one with a message of ``code_bits`` is at most this, whatever its losses in [0, 1].
    Cover and Ordentlich 1996 (the mixture under Jeffreys' density), Waudby-Smith and Ramdas 2024 (betting);
    derived in docs/bounds.md. Where a loss is 0 or 1, ``occam`` is never looser.

    The examples may also be independent draws from different distributions, fixed beforehand; it is then the mean of
    their expected losses that is bounded, since a product of means is at most the power of the mean of these means.

    Args:
        values: the K values that losses had, in [0, 1], or ... x K; a loss may be rounded up to one of them.
        counts: how many examples had each value, ... x K; the bound has the shape of the rest.
        code_bits: length of the message; 0 for a predictor that these examples had no part in.
        delta: failure probability.

    Raises:
        InvalidArgument: an argument outside its domain, counts that do not fit the values, no example.
    """
    v, c = UNIT.check("values", values), _COUNTS.check("counts", counts)
    bits, probability = NONNEGATIVE.check("code_bits", code_bits), PROBABILITY.check("delta", delta)
    if not v.ndim or not c.ndim or c.shape[-v.ndim :] != v.shape or bits.ndim or probability.ndim:
        raise InvalidArgument(
            f"counts: one for each of the values needed, and one code_bits and delta, got shapes {c.shape}, "
            f"{v.shape}, {bits.shape} and {probability.shape}; count the examples at each value"
        )
    rows = c.reshape(-1, v.shape[-1])
    each = np.broadcast_to(v, c.shape).reshape(rows.shape)
    if not (rows.sum(axis=1) >= 1).all():
        raise InvalidArgument("counts: at least one example needed, got none; give examples")
    nats = up(float(bits) * np.log(2.0) - np.log(float(probability)))
    numbers = rows.sum(axis=1)
    found = np.ones(len(rows))
    for n in np.unique(numbers):  # the mixture is fixed beforehand by the number of examples
        found[numbers == n] = _least_mean(each[numbers == n], rows[numbers == n], float(nats))
    return found.reshape(c.shape[:-1]) if c.ndim > 1 else float(found[0])


def _least_mean(values: Array, counts: Array, nats: float) -> Array:
    """By bisection between the empirical mean and 1, whose upper ends are returned: there the wealth suffices."""
    n = counts.sum(axis=1)
    lower, upper = (counts * values).sum(axis=1) / n, np.ones(len(n))
    for _ in range(_STEPS):
        middle = (lower + upper) / 2
        enough = (middle < 1) & (
            _log_wealth_below(values, counts, np.minimum(middle, _BELOW_ONE), nats) >= nats
        )
        lower, upper = np.where(enough, lower, middle), np.where(enough, middle, upper)
    return upper


def _log_wealth_below(values: Array, counts: Array, mean: Array, nats: float) -> Array:
    """At most the logarithm of the mixture's wealth."""
    n = counts.sum(axis=1)
    few = _shares(float(n[0]), nats)
    logs = np.stack([_log_wealth_of(values, counts, mean, np.full(len(n), b)) for b in few])
    mixed = np.logaddexp.reduce(logs, axis=0) + np.log(_FEW / len(few))
    best = _log_wealth_of(values, counts, mean, _best_share(values, counts, mean))
    universal = best - np.log(np.pi * n + 1) / 2 + np.log1p(-_FEW)
    wealth = np.maximum(np.maximum(mixed, universal), -_LARGEST)
    return np.asarray(wealth - 64 * UNIT_ROUNDOFF * (len(few) + np.abs(wealth) + np.log(n)))


def _shares(n: float, nats: float) -> Array:
    """Doubling shares, from about the best one for the most variable losses up to all: functions of n and nats."""
    first = min(1.0, np.sqrt(2 * nats / n) / 2)
    return np.asarray(np.minimum(first * 2.0 ** np.arange(np.ceil(-np.log2(first)) + 1), 1.0))


def _log_wealth_of(values: Array, counts: Array, mean: Array, share: Array) -> Array:
    """At most log W_b(m): each logarithm is off by a few units, as its argument is, and by 4 of its size."""
    factor = (1 - share)[:, None] + share[:, None] * ((1 - values) / (1 - mean)[:, None])
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(counts > 0, counts * np.log(factor), 0.0)
    error = UNIT_ROUNDOFF * (16 * counts.sum(axis=1) + 16 * np.abs(logs).sum(axis=1))
    total = logs.sum(axis=1)
    return np.where(np.isneginf(total), -np.inf, total - np.where(np.isfinite(error), error, 0.0))


def _best_share(values: Array, counts: Array, mean: Array) -> Array:
    """About the share of the largest wealth in hindsight, by bisection on the slope of a concave function."""
    gain = (mean[:, None] - values) / (1 - mean)[:, None]
    lower, upper = np.zeros(len(mean)), np.ones(len(mean))
    for _ in range(_STEPS // 2):
        middle = (lower + upper) / 2
        slope = (counts * gain / (1 + middle[:, None] * gain)).sum(axis=1)
        lower, upper = np.where(slope > 0, middle, lower), np.where(slope > 0, upper, middle)
    return lower
