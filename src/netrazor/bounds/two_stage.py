"""The bound of a noisy classifier: its risk on the sample is itself estimated, and that costs delta too."""

from typing import Literal

from netrazor.bounds._arguments import Numbers
from netrazor.bounds.catoni import catoni
from netrazor.bounds.means import Estimator, mean_upper
from netrazor.bounds.seeger import maurer
from netrazor.errors import InvalidArgument

PacBayes = Literal["maurer", "catoni"]


def two_stage(
    values: Numbers,
    kl_nats: float,
    n: int,
    *,
    delta_risk: float = 0.01,
    delta_bayes: float = 0.04,
    estimator: Estimator = "empirical-bernstein",
    bound: PacBayes = "maurer",
) -> float:
    """PAC-Bayes bound at ``delta_bayes`` on an upper confidence bound at ``delta_risk`` of the noisy risk.

    Claim: with probability at least 1 - (delta_risk + delta_bayes) over the n i.i.d. examples and the draws
    of noise, the expected 0-1 loss of the noisy classifier is at most this.

    Args:
        values: error rates on the n examples, one for each independent draw of the noise and all of equal
            weight, drawn after sigma and lambda were frozen.
        kl_nats: at least KL(posterior || prior).
        n: number of independent examples.
        delta_risk: failure probability of the estimate of the noisy risk.
        delta_bayes: failure probability of the PAC-Bayes bound.
        estimator: the confidence bound for the noisy risk, chosen before the draws.
        bound: the PAC-Bayes bound, chosen in advance.

    Raises:
        InvalidArgument: an argument outside its domain, deltas that add up to 1 or more, an unknown name.
    """
    bounds = {"maurer": maurer, "catoni": catoni}
    if bound not in bounds:
        raise InvalidArgument(f"bound: must be 'maurer' or 'catoni', got {bound!r}; name one of them")
    if not delta_risk + delta_bayes < 1:
        raise InvalidArgument(
            f"delta_risk and delta_bayes: must add up to less than 1, got {delta_risk} and {delta_bayes}; "
            "split the certificate's delta between them"
        )
    return float(bounds[bound](mean_upper(values, delta_risk, estimator), kl_nats, n, delta_bayes))
