"""How delta is spent: on the claims by their weights, and of each claim's share evenly on the methods considered."""

import math
from collections.abc import Iterable
from decimal import ROUND_FLOOR, Context, Decimal, localcontext

# The part of a noisy method's share that goes to the confidence bound of its risk. Fixed for all certificates, since
# a choice made after the draws would have to be paid for.
NOISY_RISK_SHARE = Decimal("0.2")

_FIGURES = 7  # of the noisy risk's part

NOISY_RISK, PAC_BAYES = "noisy risk", "PAC-Bayes"


def delta_parts(
    delta: float, considered: Iterable[str], claims: int = 1, choices: int = 1, weight: int = 1
) -> dict[str, float]:
    """The parts of delta of a claim of ``weight`` among ``claims``, by name: one for a method, two for a noisy one.

    ``claims`` is the sum of the weights of all claims: their number, where all weigh the same.

    By the union bound all statements hold together with probability at least 1 - delta. Each part is rounded down in
    the decimal figures that it prints as, so that the sum over parts and claims is at most delta. What "picked" has
    is the part of each of ``choices`` declared pairs of a learner and a stop, of which the best is claimed.
    """
    methods = list(considered)
    parts: dict[str, float] = {}
    with localcontext(Context(rounding=ROUND_FLOOR)):
        share = Decimal(repr(delta)) * weight / (len(methods) * claims)
        risk = (share * NOISY_RISK_SHARE).quantize(Decimal(1).scaleb(share.adjusted() - _FIGURES))
        for method in methods:
            if method == "perturbation":
                parts |= {NOISY_RISK: _float_down(risk), PAC_BAYES: _float_down(share - risk)}
            elif method == "picked":
                parts[method] = _float_down(share / choices)
            else:
                parts[method] = _float_down(share)
    return parts


def equal_share(delta: float, number: int) -> float:
    """What each of ``number`` statements has of ``delta``, if all of them are to hold together; rounded down."""
    with localcontext(Context(rounding=ROUND_FLOOR)):
        return _float_down(Decimal(repr(delta)) / number)


def _float_down(number: Decimal) -> float:
    rounded = float(number)
    return rounded if Decimal(repr(rounded)) <= number else math.nextafter(rounded, 0.0)
