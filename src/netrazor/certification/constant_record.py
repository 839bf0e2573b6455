"""Beside a claim about labels, numbers or pixels: what always the same answer loses, as a yardstick.

The answer is chosen by looking at the counted examples, so it is paid for as any message is: by the length of a code
for it that was fixed beforehand.
"""

import math
from typing import Annotated

from pydantic import Field

from netrazor.certification.claims import MOST_CELLS, AnyClaim
from netrazor.certification.record_fields import LARGEST_COUNT, Count, Positive, Record, Risk
from netrazor.certification.target_claims import (
    AbsoluteError,
    HammingLoss,
    LabelErrors,
    PixelErrors,
    SquaredError,
    Within,
)

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
