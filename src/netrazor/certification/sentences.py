"""Claims in words. Percentages are rounded up, the confidence down."""

from decimal import ROUND_FLOOR, Decimal, localcontext
from fractions import Fraction

from netrazor.certification.assumptions import classifier_of
from netrazor.certification.claim_record import ClaimRecord
from netrazor.certification.claim_tables import chosen_threshold
from netrazor.certification.claims import (
    BalancedError,
    ClassErrors,
    ClassPrecision,
    Confusion,
    Cost,
    GroupErrors,
    OrdinalDistance,
    Withheld,
)
from netrazor.certification.record import Certificate
from netrazor.certification.target_claims import (
    AbsoluteError,
    HammingLoss,
    LabelErrors,
    PixelErrors,
    SquaredError,
    SubsetError,
    Within,
)
from netrazor.units import figures_up, percent_down, percent_up


def claim_sentence(certificate: Certificate, claim: ClaimRecord) -> str:
    """The claim in one sentence."""
    return (
        f"With probability at least {confidence(certificate.delta)} % over the draw of the {_examples(certificate)}, "
        f"{classifier_of(certificate)} {_what_holds(claim)}."
    )


def _what_holds(claim: ClaimRecord) -> str:
    """What the classifier does at most, as a verb and its object."""
    statement, most = claim.statement, percent_up(claim.bound)
    if isinstance(statement, ClassErrors):
        return f"errs on at most {most} of the new examples of each class"
    if isinstance(statement, ClassPrecision):
        return f"is wrong about at most {most} of the new examples that it answers with any one class"
    if isinstance(statement, Confusion):
        return f"answers at most {most} of the new examples of any one class with any one other"
    if isinstance(statement, GroupErrors):
        return f"errs on at most {most} of the new examples of each group of the column {statement.column!r}"
    if isinstance(statement, BalancedError):
        weights = (
            "mean over the classes" if statement.class_weights is None else "weighted mean over the classes"
        )
        return f"errs on at most {most} of new examples in the {weights}"
    if isinstance(statement, Cost):
        return f"costs at most {most} of the largest declared cost in the mean over new examples"
    if isinstance(statement, OrdinalDistance):
        return f"is off by at most {most} of the scale's length in the mean over new examples"
    if isinstance(statement, Withheld):
        return _withheld(claim, statement)
    if not claim.is_error:
        return _about_targets(claim)
    answers = "" if claim.top == 1 else f" (top {claim.top})"
    return f"errs{answers} on at most {most} of new examples"


def _about_targets(claim: ClaimRecord) -> str:
    """The same of networks whose examples have no single class."""
    statement, most = claim.statement, percent_up(claim.bound)
    if isinstance(statement, SubsetError):
        return f"errs in at least one label on at most {most} of new examples"
    if isinstance(statement, HammingLoss):
        return f"errs on at most {most} of the labels of an example in the mean over new examples"
    if isinstance(statement, LabelErrors):
        return f"errs in each single label on at most {most} of new examples"
    if isinstance(statement, Within):
        return f"is off by more than {statement.tolerance!r} on at most {most} of new examples"
    if isinstance(statement, PixelErrors):
        return f"errs on at most {most} of the pixels of an image in the mean over new images"
    assert isinstance(statement, (AbsoluteError, SquaredError))
    power, squared = (1, "") if isinstance(statement, AbsoluteError) else (2, " squared")
    mean = figures_up(Fraction(claim.bound) * Fraction(statement.scale) ** power)
    return (
        f"has a mean{squared} error of at most {mean} on new examples, where an error of more than "
        f"{statement.scale!r} counts as {statement.scale!r}"
    )


def _withheld(claim: ClaimRecord, statement: Withheld) -> str:
    place = chosen_threshold(statement, claim.cells)
    withheld = claim.cells[2 * place]
    return (
        f"answers at least {percent_down(1 - withheld.bound)} of new examples, those of a margin of at least "
        f"{statement.thresholds[place]:g}, and errs on at most {percent_up(claim.bound)} of these"
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
