"""What a certificate is worth: beside its bound, what guessing gives and what a hold-out would have given."""

from dataclasses import dataclass

from netrazor import bounds
from netrazor.certification.claim_record import ClaimRecord
from netrazor.certification.claim_tables import Price, bound_table
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
from netrazor.certification.constant_bounds import constant_bound
from netrazor.certification.mean_losses import loss_values
from netrazor.certification.record import Certificate
from netrazor.certification.risk_rounding import risk_up
from netrazor.certification.target_claims import HammingLoss, LabelErrors, PixelErrors, SubsetError
from netrazor.units import percent_up

HOLD_OUT_SHARE = 5  # a fifth of the counted examples, as people usually hold out
UNINFORMATIVE = "Uninformative"  # the one word for a claim that says less than guessing does


@dataclass(frozen=True)
class Yardsticks:
    """Numbers to set a bound beside; each holds alone, at the certificate's delta, and none is certified.

    Attributes:
        majority_bound: of an error, the bound of always answering the most frequent label, paid with log2(classes)
            bits, rounded up. Of labels, numbers and pixels, the bound of always giving one answer, chosen by the
            counted examples and paid for (`netrazor.certification.constant_record`). Of other claims, what always
            giving one answer, the best for it, loses at most whatever the frequencies of the classes are.
        uniform_risk: what answering any label with the same probability loses; at most, as before.
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
    claim = claim or certificate.claims[0]
    constant, uniform = _guesses(certificate, claim)
    bound, held_out = _hold_out(certificate, claim)
    return Yardsticks(constant, uniform, bound, held_out)


def _guesses(certificate: Certificate, claim: ClaimRecord) -> tuple[float, float]:
    """What always the same answer, and any answer with the same probability, lose."""
    sample, statement = certificate.sample, claim.statement
    classes = sample.classes
    if isinstance(statement, (Cost, OrdinalDistance)):
        losses = loss_values(statement, classes)[:, :classes]
        return float(losses.max(axis=0).min()), float(losses.mean(axis=1).max())
    if isinstance(statement, Confusion):
        return 1.0, 1 / classes
    if isinstance(statement, ClassPrecision):  # depends on how frequent the rarest class is
        return 1.0, 1.0
    if isinstance(statement, BalancedError):
        weights = statement.class_weights or (1 / classes,) * classes
        return max(0.0, sum(weights) - max(weights)), sum(weights) * (1 - 1 / classes)
    if isinstance(statement, (ClassErrors, GroupErrors)):
        return 1.0, 1 - 1 / classes
    if not claim.is_error:
        return _guesses_of_targets(certificate, claim)
    uniform = 1 - claim.top / classes if claim.top < classes else 0.0
    return majority_bound(sample.majority_errors, claim.n, classes, certificate.delta), uniform


def _guesses_of_targets(certificate: Certificate, claim: ClaimRecord) -> tuple[float, float]:
    """The same where an example has no single class; nothing is known of numbers, which may lie anywhere.

    Of more outputs than have a constant answer recorded: what one loses at most whatever the targets are.
    """
    sample, statement = certificate.sample, claim.statement
    outputs, recorded = sample.classes, constant_bound(claim, sample.classes, certificate.delta)
    if isinstance(statement, SubsetError):
        constant = bounds.occam(sample.majority_errors, claim.n, float(outputs), certificate.delta)
        return risk_up(float(constant)), 1 - 0.5**outputs
    if isinstance(statement, (HammingLoss, LabelErrors)):
        return 0.5 if recorded is None else recorded, 0.5
    if isinstance(statement, PixelErrors):
        return 1 - 1 / outputs if recorded is None else recorded, 1 - 1 / outputs
    return 1.0 if recorded is None else recorded, 1.0


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
    held_out = _held_out_words(certificate, claim)
    hold_out = f"{held_out} gives {percent_up(found.hold_out_bound)} ({found.held_out} examples)."
    if claim.statement.task == "regression":
        unit = "; a hundred per cent is the largest loss." if claim.loss != "0-1" else "."
        constant = f"always the same answer loses at most {percent_up(found.majority_bound)}, "
        return f"To compare: {constant}{hold_out.removesuffix('.')}{unit}"
    if not claim.is_error and not isinstance(claim.statement, Withheld):
        constant = "always the same label reaches"
        if claim.statement.task != "single-label":
            constant = "always the same answer loses at most"
        return (
            f"To compare: {constant} {percent_up(found.majority_bound)}, a uniform guess "
            f"{percent_up(found.uniform_risk)}; {hold_out}"
        )
    majority = f"always the most frequent label errs on at most {percent_up(found.majority_bound)}, "
    return (
        f"To compare: {majority if claim.top == 1 else ''}a uniform guess on {100 * found.uniform_risk:.2f} %; "
        f"{hold_out}"
    )


def _held_out_words(certificate: Certificate, claim: ClaimRecord) -> str:
    if certificate.method == "hold-out":
        return "this hold-out by itself"
    if _given_errors(certificate) is not None and claim.is_error and claim.top == 1:
        return "the given network by itself, on the same counted examples,"
    return "a hold-out of a fifth, with errors as frequent,"


def _hold_out(certificate: Certificate, claim: ClaimRecord) -> tuple[float, int]:
    """The bound of a hold-out and its number of examples."""
    given, delta, n = _given_errors(certificate), certificate.delta, claim.n
    held_out = max(1, n // HOLD_OUT_SHARE)
    if not claim.is_error:
        if certificate.method == "hold-out":
            return claim.bound, n
        fifth = bound_table(_fifth(claim), certificate.sample.classes, Price(0.0, delta))
        return fifth.bound, held_out
    if certificate.method == "hold-out":
        held_out, errors = n, claim.errors
    elif given is not None and claim.top == 1:
        held_out, errors = n, given
    else:
        errors = _share(claim.errors, held_out, n)
    return risk_up(bounds.clopper_pearson(errors, held_out, delta)), held_out


def _fifth(claim: ClaimRecord) -> ClaimRecord:
    """``claim`` with a fifth of the examples in each cell, and events as frequent."""
    cells = []
    for cell in claim.cells:
        n = cell.n // HOLD_OUT_SHARE
        cells.append(cell.model_copy(update={"n": n, "count": _share(cell.count, n, cell.n) if n else 0}))
    losses = _fifth_of_losses(claim.losses)
    n = max(1, claim.n // HOLD_OUT_SHARE)
    errors = _share(claim.errors, n, claim.n)
    return claim.model_copy(update={"cells": tuple(cells), "losses": losses, "n": n, "errors": errors})


def _fifth_of_losses(losses: tuple[tuple[float, int], ...]) -> tuple[tuple[float, int], ...]:
    """A fifth of the examples of all losses together, at least as many of the larger ones as they were."""
    kept, seen, taken = [], 0, 0
    for value, count in reversed(losses):
        seen += count
        if (part := -(-seen // HOLD_OUT_SHARE) - taken) > 0:
            kept.append((value, part))
            taken += part
    return tuple(reversed(kept))


def _share(count: int, part: int, whole: int) -> int:
    """So many of ``part`` as ``count`` are of ``whole``, rounded up."""
    return min(part, -(-count * part // whole))


def _given_errors(certificate: Certificate) -> int | None:
    given = certificate.prior.given_file
    return None if given is None else given.errors
