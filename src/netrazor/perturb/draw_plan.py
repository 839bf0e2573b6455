"""Planning independent draws of the noise, and what their error rates come to."""

import hashlib
import math
from dataclasses import dataclass
from fractions import Fraction

from torch import Tensor


@dataclass(frozen=True)
class DrawPlan:
    """How many independent draws of the noise there are, and on which examples each is tried.

    Attributes:
        examples_per_draw: examples that share one draw; a divisor of their number n, so that each draw has equally
            many (`largest_divisor`).
        passes: over all examples, each with n / examples_per_draw draws.
        seed: of the noise.
    """

    examples_per_draw: int
    passes: int = 1
    seed: int = 0


def largest_divisor(n: int, most: int) -> int:
    """The largest divisor of ``n`` that is at most ``most``."""
    return next(d for d in range(min(n, most), 0, -1) if n % d == 0)


def draws_needed(variance: float, slack: float, delta: float) -> int:
    """How many draws bring the slack of the empirical Bernstein bound to ``slack``, if they vary by ``variance``.

    A fifth more variance than given is allowed for. To be decided before the draws that enter the bound are made.
    """
    nats = math.log(2 / delta)
    # root = 1 / sqrt(count - 1) solves linear * root^2 + spread * root = slack.
    linear, spread = 7 * nats / 3, math.sqrt(2 * 1.2 * variance * nats)
    root = 2 * slack / (math.sqrt(spread**2 + 4 * linear * slack) + spread)
    return math.ceil(1 + root**-2)


def draw_seed(seed: int, purpose: str) -> int:
    """The seed of the draws for one purpose: no two purposes of a run share a stream of random numbers."""
    return int.from_bytes(hashlib.sha256(f"{purpose} {seed}".encode()).digest()[:6], "big")


def mean_and_variance(rates: Tensor, examples_per_draw: int) -> tuple[float, float]:
    """Mean and unbiased sample variance of at least two error rates; exact until rounded, the variance upwards."""
    errors = [round(rate * examples_per_draw) for rate in rates.tolist()]
    count, total = len(errors), sum(errors)
    mean = Fraction(total, count * examples_per_draw)
    squares = Fraction(count * sum(e * e for e in errors) - total * total, count * (count - 1))
    variance = float(squares / examples_per_draw**2)
    return float(mean), math.nextafter(variance, 1.0) if variance else 0.0
