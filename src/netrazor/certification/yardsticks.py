"""What a certificate is worth: beside its bound, what guessing gives and what a hold-out would have given."""

from dataclasses import dataclass

from netrazor import bounds
from netrazor.certification.bounding import risk_up
from netrazor.certification.claim_record import ClaimRecord
from netrazor.certification.record import Certificate
from netrazor.units import percent_up

HOLD_OUT_SHARE = 5  # a fifth of the counted examples, as people usually hold out
UNINFORMATIVE = "Uninformative"  # the one word for a claim that says less than guessing does


@dataclass(frozen=True)
class Yardsticks:
    """Numbers to set a bound beside; each holds alone, at the certificate's delta, and none is certified.

    Attributes:
        majority_bound: bound of always answering the most frequent label, paid with log2(classes) bits, rounded up.
        uniform_risk: error of answering any label with the same probability.
        hold_out_bound: the Clopper-Pearson bound of what was given or learned from the spent examples by itself,
            where some were spent on it; or else what a fifth of the counted examples, held out, would give if the
            classifier erred on them as often as on the sample (rounded up to whole errors). It usually errs less
            often on what it was trained on, so a real hold-out would say a little more.
        held_out: number of examples of that hold-out.
    """

    majority_bound: float
    uniform_risk: float
    hold_out_bound: float
    held_out: int

    def guessing(self, top: int) -> float:
        """The best of both guesses for the ``top`` best answers; always the same label is one answer."""
        return self.uniform_risk if top > 1 else min(self.majority_bound, self.uniform_risk)


def measure_yardsticks(certificate: Certificate, claim: ClaimRecord | None = None) -> Yardsticks:
    """The yardsticks of one claim, by default of the headline."""
    sample, claim, delta = certificate.sample, claim or certificate.claims[0], certificate.delta
    held_out, errors = _hold_out(certificate, claim)
    return Yardsticks(
        majority_bound=majority_bound(sample.majority_errors, claim.n, sample.classes, delta),
        uniform_risk=1 - claim.top / sample.classes if claim.top < sample.classes else 0.0,
        hold_out_bound=risk_up(bounds.clopper_pearson(errors, held_out, delta)),
        held_out=held_out,
    )


def majority_bound(errors: int, n: int, classes: int, delta: float) -> float:
    """The bound of always answering one of ``classes`` labels, chosen by the ``n`` examples themselves."""
    return risk_up(float(bounds.occam(errors, n, (classes - 1).bit_length(), delta)))


def says_less_than_guessing(certificate: Certificate, claim: ClaimRecord | None = None) -> bool:
    """Whether the bound of a claim, by default of the headline, is no lower than what guessing is known to err at."""
    claim = claim or certificate.claims[0]
    return claim.bound >= measure_yardsticks(certificate, claim).guessing(claim.top)


def marked_sentence(certificate: Certificate, claim: ClaimRecord | None = None) -> str:
    """The sentence of a claim as it is printed: with one word before it where it says less than guessing."""
    claim = claim or certificate.claims[0]
    mark = f"{UNINFORMATIVE}: " if says_less_than_guessing(certificate, claim) else ""
    return f"{mark}{claim.sentence}"


def yardstick_sentence(certificate: Certificate, claim: ClaimRecord | None = None) -> str:
    """What guessing and a hold-out give, to stand beside a printed claim."""
    claim = claim or certificate.claims[0]
    found = measure_yardsticks(certificate, claim)
    majority = f"always the most frequent label errs on at most {percent_up(found.majority_bound)}, "
    return (
        f"To compare: {majority if claim.top == 1 else ''}a uniform guess on {100 * found.uniform_risk:.2f} %; "
        f"{_held_out_words(certificate, claim)} gives {percent_up(found.hold_out_bound)} ({found.held_out} examples)."
    )


def _held_out_words(certificate: Certificate, claim: ClaimRecord) -> str:
    if certificate.method == "hold-out":
        return "this hold-out by itself"
    if _given_errors(certificate) is not None and claim.top == 1:
        return "the given network by itself, on the same counted examples,"
    return "a hold-out of a fifth, with errors as frequent,"


def _hold_out(certificate: Certificate, claim: ClaimRecord) -> tuple[int, int]:
    """Number of held-out examples, and errors on them."""
    given = _given_errors(certificate)
    if certificate.method == "hold-out":
        return claim.n, claim.errors
    if given is not None and claim.top == 1:
        return claim.n, given
    held_out = max(1, claim.n // HOLD_OUT_SHARE)
    return held_out, min(held_out, -(-claim.errors * held_out // claim.n))


def _given_errors(certificate: Certificate) -> int | None:
    given = certificate.prior.given_file
    return None if given is None else given.errors
