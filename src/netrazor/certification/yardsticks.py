"""What a certificate is worth: beside its bound, what guessing gives and what a hold-out would have given."""

from dataclasses import dataclass

from netrazor import bounds
from netrazor.certification.bounding import risk_up
from netrazor.certification.record import Certificate

HOLD_OUT_SHARE = 5  # a fifth of the counted examples, as people usually hold out


@dataclass(frozen=True)
class Yardsticks:
    """Numbers to set a bound beside; each holds alone, at the certificate's delta, and none is certified.

    Attributes:
        majority_bound: bound of always answering the most frequent label, paid with log2(classes) bits.
        uniform_risk: error of answering any label with the same probability.
        hold_out_bound: the Clopper-Pearson bound of the given network by itself, where examples were spent on it; or
            else what a fifth of the counted examples, held out, would give if the classifier erred on them as often
            as on the sample (rounded up to whole errors). It usually errs less often on what it was trained on, so a
            real hold-out would say a little more.
    """

    majority_bound: float
    uniform_risk: float
    hold_out_bound: float


def measure_yardsticks(certificate: Certificate) -> Yardsticks:
    """The yardsticks of the headline claim."""
    sample, claim, delta = certificate.sample, certificate.claims[0], certificate.delta
    class_bits = float((sample.classes - 1).bit_length())
    held_out, errors = _hold_out(certificate)
    return Yardsticks(
        majority_bound=risk_up(bounds.occam(sample.majority_errors, claim.n, class_bits, delta)),
        uniform_risk=1 - claim.top / sample.classes if claim.top < sample.classes else 0.0,
        hold_out_bound=risk_up(bounds.clopper_pearson(errors, held_out, delta)),
    )


def _hold_out(certificate: Certificate) -> tuple[int, int]:
    """Number of held-out examples, and errors on them."""
    claim, given = certificate.claims[0], certificate.prior.given
    if given is not None and given.errors is not None:
        return claim.n, given.errors
    held_out = max(1, claim.n // HOLD_OUT_SHARE)
    return held_out, min(held_out, -(-claim.errors * held_out // claim.n))


def says_less_than_guessing(certificate: Certificate) -> bool:
    """Whether the headline bound is no lower than what always answering one label is known to err at."""
    yardsticks = measure_yardsticks(certificate)
    guessing = (
        yardsticks.uniform_risk
        if certificate.claims[0].top > 1
        else min(yardsticks.majority_bound, yardsticks.uniform_risk)
    )
    return certificate.risk_bound >= guessing
