"""What a search for short networks minimizes: about the bound that they would get, found fast."""

import math

from netrazor.units import LOG_2

_HALVINGS = 50


def guide(risk: float, bits: float, n: int, delta: float) -> float:
    """About the kl bound (Maurer 2004) at ``risk`` and ``bits``; where it says nothing any more, a number above 1.

    Above 1 it is 1 + risk + sqrt(KL / 2n), which still tells the better of two. Only to choose by: a certificate
    computes its bound with `netrazor.bounds`, which rounds outward.
    """
    risk = min(1.0, max(0.0, risk))
    kl_nats = bits * LOG_2
    allowed = (kl_nats + math.log(2 * math.sqrt(n) / delta)) / n
    low, high = risk, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _kl(risk, middle) <= allowed else (low, middle)
    return low if high < 1 else 1 + risk + math.sqrt(kl_nats / (2 * n))


def _kl(q: float, p: float) -> float:
    """Divergence of a coin that shows 1 with probability ``q`` from one with ``p``; both in [0, 1]."""
    if p >= 1:
        return math.inf
    ones = q * math.log(q / p) if q > 0 else 0.0
    return ones + ((1 - q) * math.log((1 - q) / (1 - p)) if q < 1 else 0.0)
