"""PAC-Bayes bounds on the divergence between empirical and true risk, and what follows from Pinsker."""

import numpy as np

from netrazor.bounds._arguments import NONNEGATIVE, PROBABILITY, UNIT, Array, Numbers, at_least, elementwise
from netrazor.bounds._rounding import quotient_up, risk, up
from netrazor.bounds.divergence import kl_inverse


def _maurer_nats(kl_nats: Array, n: Array, delta: Array) -> Array:
    """(KL + log(2 sqrt(n) / delta)) / n, rounded up; a sum of non-negative terms."""
    return np.asarray(up((kl_nats + np.log(2.0) + np.log(n) / 2 - np.log(delta)) / n))


@elementwise(empirical_risk=UNIT, kl_nats=NONNEGATIVE, n=at_least(8), delta=PROBABILITY)
def maurer(empirical_risk: Numbers, kl_nats: Numbers, n: Numbers, delta: Numbers = 0.05) -> Numbers:
    """kl(risk of the sample || true risk) <= (KL + log(2 sqrt(n) / delta)) / n, solved for the true risk.

    Claim: with probability at least 1 - delta over n i.i.d. examples, for all posteriors at once, the
    expected loss (in [0, 1]) is at most this. Seeger 2002 with Maurer's constant, "A note on the PAC-Bayesian
    theorem" (2004), Theorem 5, which needs n >= 8.

    Args:
        empirical_risk: mean loss on the n examples, as a fraction; a rounded quotient is taken one float up.
        kl_nats: at least KL(posterior || prior), the prior fixed without these examples.
        n: number of independent examples.
        delta: failure probability.

    Raises:
        InvalidArgument: an argument outside its domain, or shapes that do not broadcast.
    """
    return kl_inverse(quotient_up(empirical_risk), _maurer_nats(kl_nats, n, delta))


@elementwise(empirical_risk=UNIT, kl_nats=NONNEGATIVE, n=at_least(8), delta=PROBABILITY)
def mcallester(empirical_risk: Numbers, kl_nats: Numbers, n: Numbers, delta: Numbers = 0.05) -> Numbers:
    """Empirical risk plus sqrt((KL + log(2 sqrt(n) / delta)) / (2n)).

    Claim and arguments as for ``maurer``, from which it follows by Pinsker's inequality; never tighter. The
    square-root form is that of McAllester 1999, with Maurer's constant.
    """
    return risk(up(quotient_up(empirical_risk) + np.sqrt(_maurer_nats(kl_nats, n, delta) / 2)))


@elementwise(
    empirical_risk=UNIT, kl_nats=NONNEGATIVE, n=at_least(2), delta=PROBABILITY, grid_index=at_least(1)
)
def dr17(
    empirical_risk: Numbers,
    kl_nats: Numbers,
    n: Numbers,
    delta: Numbers = 0.05,
    *,
    grid_index: Numbers = 1,
) -> Numbers:
    """kl(risk of the sample || true risk) <= (KL + log(pi^2 n / (6 delta)) + 2 log j) / (n - 1), solved.

    Claim: with probability at least 1 - delta over n i.i.d. examples, for all posteriors and all priors of a
    list fixed in advance at once; j = ``grid_index`` is the place of the prior in that list, and its share of
    delta is 6 / (pi^2 j^2). Dziugaite and Roy 2017, section 3, on Langford and Seeger's bound.

    Args:
        empirical_risk: mean loss on the n examples, as a fraction; a rounded quotient is taken one float up.
        kl_nats: at least KL(posterior || prior), of the prior at that place.
        n: number of independent examples.
        delta: failure probability of the whole list.
        grid_index: place of the chosen prior in the list, counted from 1.

    Raises:
        InvalidArgument: an argument outside its domain, or shapes that do not broadcast.
    """
    union = np.log(np.pi**2 / 6) + 2 * np.log(grid_index)
    return kl_inverse(
        quotient_up(empirical_risk), up((kl_nats + np.log(n) - np.log(delta) + union) / (n - 1))
    )
