"""The mean of a loss in [0, 1] from above, by betting against every larger mean; for a message of any length.

If the mean is m or more, a bettor who stakes a share b of the wealth on each example, at odds (1 - x) / (1 - m) for a
loss x, has wealth

    W_b(m) = product over examples of (1 - b + b (1 - x) / (1 - m)),   0 <= b <= 1,

of expectation 1 at most, and so has every mixture of bettors that was fixed beforehand. By Markov's inequality a
mixture's wealth reaches 2^bits / delta with probability delta 2^-bits at most. Two mixtures are mixed: shares b in a
geometric progression, which serve short messages and hold-outs, and all of [0, 1] under Jeffreys' density, which
loses log(pi n + 1) / 2 nats at most on the best b in hindsight and serves long ones.
"""

import numpy as np

from netrazor.bounds._arguments import NONNEGATIVE, PROBABILITY, UNIT, Array, Numbers, at_least
from netrazor.bounds._roots import Indices, root_from_above
from netrazor.bounds._rounding import UNIT_ROUNDOFF, up
from netrazor.bounds.divergence import kl_inverse
from netrazor.errors import InvalidArgument

_FEW = 0.9  # of the mixture's mass on the progression
_RATIOS = (1.1, 2.0)  # of the progression, at least and at most
_NEWTON_STEPS = 10
_AT_ONCE = 2**17  # losses; more rows than have so many are computed one part after the other
_SPARE = 1e-3  # nats, for rounding
_LARGEST = 2.0**500  # nats; wealth below its exponential is none
_SMALLEST = 2.0**-500
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
        places = np.flatnonzero(numbers == n)
        for part in np.array_split(places, 1 + len(places) * v.shape[-1] // _AT_ONCE):
            found[part] = _least_mean(each[part], rows[part], float(nats))
    return found.reshape(c.shape[:-1]) if c.ndim > 1 else float(found[0])


def _least_mean(values: Array, counts: Array, nats: float) -> Array:
    """The least mean at which the wealth suffices, from above."""
    n = counts.sum(axis=1)
    mean = np.minimum((counts * values).sum(axis=1) / n, 1.0)
    shares = _shares(float(n[0]), nats)

    def missing(points: Array, at: Indices) -> tuple[Array, Array]:
        wealth, slope = _log_wealth_below(values[at], counts[at], points, shares)
        return nats - wealth, -slope

    # Wealth at the best share is at least that on losses of 0 and 1 with this mean, exp(n kl(mean || m)).
    lost = np.log(np.pi * n + 1) / 2 - np.log1p(-_FEW) + _SPARE
    return root_from_above(missing, kl_inverse(mean, (nats + lost) / n), np.maximum(mean, _SMALLEST))


def _shares(n: float, nats: float) -> Array:
    """From about the best share for the most variable losses up to all: functions of n and nats.

    The best of a progression loses about nats times the square of (ratio - 1) / (ratio + 1) on the best share there
    is, at most: half a nat or so at this ratio. For few losses that are large, what is not staked is halved besides.
    """
    ratio = float(np.clip(1 + np.sqrt(3 / max(nats, 1e-300)), *_RATIOS))
    first = min(1.0, np.sqrt(2 * nats / n) * ratio / 4)
    rising = first * ratio ** np.arange(np.ceil(-np.log(first) / np.log(ratio)) + 1)
    near_all = 1 - 0.5 ** np.arange(2, np.floor(np.log2(max(nats, 1.0))))
    return np.unique(np.concatenate([np.minimum(rising, 1.0), near_all]))


def _log_wealth_below(values: Array, counts: Array, mean: Array, shares: Array) -> tuple[Array, Array]:
    """At most the logarithm of the mixture's wealth, and about its slope in the mean."""
    n = counts.sum(axis=1)
    logs, slopes = _log_wealth_of(values, counts, mean, np.broadcast_to(shares, (len(n), len(shares))))
    mixed = np.logaddexp.reduce(logs, axis=1) + np.log(_FEW / len(shares))
    start = shares[logs.argmax(axis=1)]
    best, best_slope = _log_wealth_of(
        values, counts, mean, _better_share(values, counts, mean, start)[:, None]
    )
    universal = np.maximum(best[:, 0], 0.0) - np.log(np.pi * n + 1) / 2 + np.log1p(-_FEW)
    wealth = np.maximum(np.maximum(mixed, universal), -_LARGEST)
    weights = np.exp(logs - np.maximum(logs.max(axis=1, keepdims=True), -_LARGEST))
    slope = (weights * slopes).sum(axis=1) / np.maximum(weights.sum(axis=1), _SMALLEST)
    rounding = 64 * UNIT_ROUNDOFF * (len(shares) + np.abs(wealth) + np.log(n))
    return np.asarray(wealth - rounding), np.where(mixed >= universal, slope, best_slope[:, 0])


def _log_wealth_of(values: Array, counts: Array, mean: Array, shares: Array) -> tuple[Array, Array]:
    """At most log W_b(m) for each share of a row, and about its slope in m.

    Each logarithm is off by a few units, as its argument is, and by 4 of its size.
    """
    odds, share = ((1 - values) / (1 - mean)[:, None])[:, None], shares[:, :, None]
    factor = (1 - share) + share * odds
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(counts[:, None] > 0, counts[:, None] * np.log(factor), 0.0)
        slopes = np.where(counts[:, None] > 0, counts[:, None] * share * odds / factor, 0.0).sum(axis=2)
    error = UNIT_ROUNDOFF * (16 * counts.sum(axis=1)[:, None] + 16 * np.abs(logs).sum(axis=2))
    total = logs.sum(axis=2)
    below = np.where(np.isneginf(total), -np.inf, total - np.where(np.isfinite(error), error, 0.0))
    return below, np.nan_to_num(slopes) / (1 - mean)[:, None]


def _better_share(values: Array, counts: Array, mean: Array, share: Array) -> Array:
    """About the share of the largest wealth in hindsight: Newton's steps on a concave function, or half the way."""
    gain = (mean[:, None] - values) / (1 - mean)[:, None]
    lower, upper = np.zeros(len(mean)), np.ones(len(mean))
    for _ in range(_NEWTON_STEPS):
        factor = np.maximum(1 + share[:, None] * gain, _SMALLEST)
        slope = (counts * gain / factor).sum(axis=1)
        curvature = (counts * (gain / factor) ** 2).sum(axis=1)
        lower, upper = np.where(slope > 0, share, lower), np.where(slope > 0, upper, share)
        newton = share + slope / np.maximum(curvature, _SMALLEST)
        share = np.where((lower < newton) & (newton < upper), newton, (lower + upper) / 2)
    return share
