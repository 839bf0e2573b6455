"""Beside a claim about labels, numbers or pixels: what always the same answer loses, as a yardstick.

The answer is chosen by looking at the counted examples, so it is paid for as any message is: by the length of a code
for it that was fixed beforehand.
"""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from netrazor import bounds
from netrazor.certification.claims import MOST_CELLS, AnyClaim
from netrazor.certification.record_fields import LARGEST_COUNT, Count, Positive, Record, Risk
from netrazor.certification.risk_rounding import risk_up
from netrazor.certification.target_claims import (
    AbsoluteError,
    HammingLoss,
    LabelErrors,
    PixelErrors,
    SquaredError,
    Within,
)

if TYPE_CHECKING:
    from netrazor.certification.claim_record import ClaimRecord

STEPS = 32  # of a constant number, in the scale of the claim or twice its tolerance
MOST_NUMBERS = 1000  # outputs for which a constant answer is recorded

Answer = Annotated[int, Field(ge=-LARGEST_COUNT, le=LARGEST_COUNT)]


class ConstantRecord(Record):
    """What always the same answer loses on the counted examples.

    Attributes:
        answer: of each label 1 for yes and 0 for no; of numbers how many steps of `step_of` each is; of pixels their
            class.
        errors: examples that lose anything; of `LabelErrors` those of the worst label.
        losses: each value and how many examples have it, increasing; of `LabelErrors` none.
    """

    answer: Annotated[tuple[Answer, ...], Field(min_length=1, max_length=MOST_CELLS)]
    errors: Count
    losses: Annotated[tuple[tuple[Risk, Positive], ...], Field(max_length=MOST_CELLS)] = ()


def has_constant(statement: AnyClaim, classes: int) -> bool:
    """Whether a constant answer is recorded beside a claim; `SubsetError` has the sample's most frequent target."""
    kinds = (HammingLoss, LabelErrors, Within, AbsoluteError, SquaredError, PixelErrors)
    return isinstance(statement, kinds) and classes <= MOST_NUMBERS


def step_of(statement: Within | AbsoluteError | SquaredError) -> float:
    """Of which a constant number is a multiple, in the units of the targets."""
    if isinstance(statement, Within):
        return 2 * statement.tolerance / STEPS or 1.0
    return statement.scale / STEPS


def constant_bits(statement: AnyClaim, record: ConstantRecord, classes: int) -> float:
    """What the choice of the answer costs.

    A bit for each label; where each label has a statement of its own, one bit and the logarithm of their number,
    since all hold together. Of a number m of steps Elias' gamma code of |m| + 1, and a sign: 2 floor(log2(|m| + 1)) +
    2 bits. Of pixels the logarithm of the number of classes.
    """
    if isinstance(statement, HammingLoss):
        return float(classes)
    if isinstance(statement, LabelErrors):
        return 1 + math.log2(classes)
    if isinstance(statement, PixelErrors):
        return math.log2(classes)
    return float(sum(2 * (abs(steps) + 1).bit_length() for steps in record.answer))


def constant_bound(claim: "ClaimRecord", classes: int, delta: float) -> float | None:
    """What always the recorded answer loses at most, with probability at least 1 - ``delta``; None without one.

    By Theorem 4.1 where every loss is 0 or 1, else by betting, at `constant_bits`.
    """
    record = claim.constant
    if record is None:
        return None
    bits = constant_bits(claim.statement, record, classes)
    if {value for value, _ in record.losses} <= {0.0, 1.0}:
        return risk_up(float(bounds.occam(record.errors, claim.n, bits, delta)))
    values, counts = zip(*record.losses, strict=True)
    return risk_up(float(bounds.bounded_loss(values, counts, bits, delta)))


def constant_faults(claim: "ClaimRecord", classes: int) -> Iterator[str]:
    """What of a constant answer cannot be, in words; whether its losses can is said by `loss_faults`."""
    record, statement = claim.constant, claim.statement
    assert record is not None
    if not has_constant(statement, classes):
        yield f"claims.constant: none needed beside a claim of kind {statement.kind!r}, got one"
        return
    expected = 1 if isinstance(statement, PixelErrors) else classes
    if len(record.answer) != expected:
        yield f"claims.constant.answer: {expected} numbers needed, got {len(record.answer)}"
    largest = {"pixel-errors": classes - 1, "hamming-loss": 1, "label-errors": 1}.get(statement.kind)
    if largest is not None and not all(0 <= answer <= largest for answer in record.answer):
        yield f"claims.constant.answer: numbers from 0 to {largest} needed, got others"
    if isinstance(statement, LabelErrors) and (record.losses or record.errors > claim.n):
        yield "claims.constant: no losses, and errors up to n, needed for claims of each label, got others"
