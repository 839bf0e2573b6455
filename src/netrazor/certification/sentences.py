"""Claims in words. Percentages are rounded up, the confidence down."""

from decimal import ROUND_FLOOR, Decimal, localcontext

from netrazor.certification.assumptions import classifier_of
from netrazor.certification.claim_record import ClaimRecord
from netrazor.certification.record import Certificate
from netrazor.units import percent_up


def claim_sentence(certificate: Certificate, claim: ClaimRecord) -> str:
    """The claim in one sentence."""
    answers = "" if claim.top == 1 else f" (top {claim.top})"
    return (
        f"With probability at least {confidence(certificate.delta)} % over the draw of the {_examples(certificate)}, "
        f"{classifier_of(certificate)} errs{answers} on at most {percent_up(claim.bound)} of new examples."
    )


def _examples(certificate: Certificate) -> str:
    sample = certificate.sample
    if not sample.spent:
        return f"{sample.n} training examples"
    return f"{sample.counted} counted examples, given the other {sample.spent}"


def confidence(delta: float) -> str:
    """1 - delta in per cent, rounded down."""
    with localcontext() as context:
        context.rounding = ROUND_FLOOR
        percent = (100 * (1 - Decimal(repr(delta)))).quantize(Decimal("1e-6"))
    return f"{percent.normalize():f}"
