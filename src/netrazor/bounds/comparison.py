"""Every bound from the same numbers, side by side."""

import math
from dataclasses import dataclass
from fractions import Fraction

from netrazor.bounds._arguments import at_least
from netrazor.bounds.catoni import ALPHA, catoni, catoni_over_alpha
from netrazor.bounds.occam import clopper_pearson, occam
from netrazor.bounds.seeger import dr17, maurer, mcallester
from netrazor.errors import InvalidArgument
from netrazor.units import LOG_2


@dataclass(frozen=True)
class Line:
    """One bound: its name, its value, and what it is a bound for."""

    method: str
    bound: float
    holds_for: str


def side_by_side(risk: Fraction, n: int, nats: float, delta: float = 0.05) -> list[Line]:
    """Each bound alone at delta; to quote the least of several, divide delta by their number first.

    Args:
        risk: empirical risk, exactly; the count of errors is n times this, rounded up.
        n: number of independent examples.
        nats: length of the message, or divergence of the noisy classifier from its prior.
        delta: failure probability.

    Raises:
        InvalidArgument: an argument outside its domain; n below 8.
    """
    at_least(8).check("n", n)
    if not 0 <= risk <= 1:
        raise InvalidArgument(
            f"risk: must be in [0, 1], got {float(risk):g}; pass a fraction, not a percentage"
        )
    errors, q = math.ceil(risk * n), float(risk)
    fixed, noisy = "a classifier sent as a message", "also a noisy classifier"
    return [
        Line("Occam, exact binomial tail (Theorem 4.1)", occam(errors, n, nats / LOG_2, delta), fixed),
        Line("kl inverse, Maurer", maurer(q, nats, n, delta), noisy),
        Line("kl inverse, DR17 union, first of its grid", dr17(q, nats, n, delta), noisy),
        Line(f"Catoni (Theorem 3.1), alpha {ALPHA}", catoni(q, nats, n, delta), noisy),
        Line("Catoni, alpha from a list, paid for", catoni_over_alpha(q, nats, n, delta), noisy),
        Line("McAllester", mcallester(q, nats, n, delta), noisy),
        Line("test set, had these examples chosen nothing", clopper_pearson(errors, n, delta), "a hold-out"),
    ]
