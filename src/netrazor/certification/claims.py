"""Claims as typed values: which loss, on which group of examples, with which weight in the sharing of delta.

A value of one of these classes asks for a claim, ``netrazor.certify(..., claims=[Error(), ClassErrors()])``, and is
what the certificate records of it. All claims of a certificate hold together.
"""

import math
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field, field_validator

from netrazor.certification.claim_terms import AnyLoss, Name, Share, Threshold
from netrazor.certification.record_fields import Digest, Record, Risk
from netrazor.certification.target_claims import (
    AbsoluteError,
    HammingLoss,
    LabelErrors,
    PixelErrors,
    SquaredError,
    SubsetError,
    Within,
)

__all__ = [
    "ANSWERED",
    "MOST_CELLS",
    "MOST_THRESHOLDS",
    "THRESHOLDS",
    "AbsoluteError",
    "AnyClaim",
    "AnyLoss",
    "BalancedError",
    "ByAnswers",
    "CellRecord",
    "ClassErrors",
    "ClassPrecision",
    "Confusion",
    "Cost",
    "Error",
    "GroupErrors",
    "HammingLoss",
    "LabelErrors",
    "OrdinalDistance",
    "PixelErrors",
    "SquaredError",
    "SubsetError",
    "TopK",
    "Withheld",
    "Within",
]

MOST_CELLS = 40_000  # of one table: a confusion matrix of 200 classes
MOST_THRESHOLDS = 1000

# On the margin: quarters of an octave from 2^-4 to 2^16, for scores of any scale. No data chose them.
THRESHOLDS = tuple(2.0 ** (step / 4) for step in range(-16, 65))

ANSWERED = 0.95  # of the counted examples, as `Withheld` has it unless it is told otherwise


class Error(AnyLoss):
    """The error: the share of new examples whose label is not the only best answer."""

    may_be_first: ClassVar[bool] = True

    kind: Literal["error"] = "error"


class TopK(AnyLoss):
    """The share of new examples whose label is not among the ``k`` best scores."""

    may_be_first: ClassVar[bool] = True

    kind: Literal["top-k"] = "top-k"
    k: Annotated[int, Field(ge=1, le=2**31)]


class ClassErrors(AnyLoss):
    """For each class, the share of its new examples that are answered wrongly: 1 - recall.

    Of two classes these are the false-positive rate (class 0) and the false-negative rate (class 1).
    """

    kind: Literal["class-errors"] = "class-errors"


class ClassPrecision(AnyLoss):
    """For each class, the share of the new examples answered with it that are of another: 1 - precision."""

    kind: Literal["class-precision"] = "class-precision"


class Confusion(AnyLoss):
    """For each pair of classes, the share of the new examples of the first that are answered with the second.

    Every entry is bounded above; the diagonal, the recalls, below too.
    """

    kind: Literal["confusion"] = "confusion"


class GroupErrors(AnyLoss):
    """For each value of a column of the data, the share of new examples with that value that are answered wrongly.

    Attributes:
        column: its name, in the ``columns`` that are given beside the data set.
        groups: its values among the counted examples; filled in when the certificate is issued.
        sha256: of the column; filled in when the certificate is issued.
    """

    kind: Literal["group-errors"] = "group-errors"
    column: Name
    groups: Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(max_length=MOST_CELLS)] = ()
    sha256: Digest | None = None


class BalancedError(AnyLoss):
    """The weighted mean over classes of the error of each.

    Attributes:
        class_weights: one for each class, of sum 1; None: all equal.
    """

    kind: Literal["balanced-error"] = "balanced-error"
    class_weights: tuple[Share, ...] | None = None

    @field_validator("class_weights")
    @classmethod
    def _of_sum_one(cls, weights: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if weights is not None and abs(math.fsum(weights) - 1) > 1e-9:
            raise ValueError(f"weights of sum 1 needed for a mean, got {sum(weights):g}; divide by their sum")
        return weights


class Cost(AnyLoss):
    """The mean cost of new examples, as a share of the largest declared cost.

    Attributes:
        costs: a row for each class, with the cost of each answer; no answer at all costs as much as the dearest.
    """

    kind: Literal["cost"] = "cost"
    costs: Annotated[tuple[tuple[Threshold, ...], ...], Field(min_length=1, max_length=1000)]

    @field_validator("costs")
    @classmethod
    def _square(cls, costs: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
        if any(len(row) != len(costs) for row in costs):
            lengths = sorted({len(row) for row in costs})
            raise ValueError(
                f"a square matrix needed, got {len(costs)} rows of {lengths} costs; give each class a row with the "
                "cost of each answer"
            )
        if not max(map(max, costs)) > 0:
            raise ValueError("at least one cost above 0 needed, got none; give what a wrong answer costs")
        return costs


class OrdinalDistance(AnyLoss):
    """The mean distance between answer and label, as a share of the largest possible one; no answer is farthest."""

    kind: Literal["ordinal-distance"] = "ordinal-distance"


class Withheld(AnyLoss):
    """Answers only where the margin, the best score above the next, reaches a threshold; bounded at each threshold.

    Bounded are how often it withholds its answer, and how often it errs where it answers. All thresholds hold
    together, so any may be chosen after looking; the headline of the claim is the one of the least error bound
    among those at which at least ``answered`` of the counted examples are answered.

    Attributes:
        thresholds: increasing; declared before the examples were counted.
        answered: a share of the counted examples.
    """

    kind: Literal["answers-withheld"] = "answers-withheld"
    thresholds: Annotated[tuple[Threshold, ...], Field(min_length=1, max_length=MOST_THRESHOLDS)] = THRESHOLDS
    answered: Share = ANSWERED

    @field_validator("thresholds")
    @classmethod
    def _increasing(cls, thresholds: tuple[float, ...]) -> tuple[float, ...]:
        if list(thresholds) != sorted(set(thresholds)):
            raise ValueError("increasing thresholds needed, got others; sort them and name each once")
        return thresholds


AnyClaim: TypeAlias = Annotated[
    Error
    | TopK
    | ClassErrors
    | ClassPrecision
    | Confusion
    | GroupErrors
    | BalancedError
    | Cost
    | OrdinalDistance
    | Withheld
    | SubsetError
    | HammingLoss
    | LabelErrors
    | Within
    | AbsoluteError
    | SquaredError
    | PixelErrors,
    Field(discriminator="kind"),
]

ByAnswers: TypeAlias = ClassErrors | ClassPrecision | Confusion | BalancedError | Cost | OrdinalDistance


class CellRecord(Record):
    """One entry of a table: examples of a group, and how many of them had the event that is bounded.

    Attributes:
        n: counted examples in the group.
        count: those with the event.
        bound: on the share of new examples of the group with the event, from above; 1 says nothing.
        lower: the same from below, where the claim has one.
    """

    n: Annotated[int, Field(ge=0, le=2**53)]
    count: Annotated[int, Field(ge=0, le=2**53)]
    bound: Risk = 1.0
    lower: Risk | None = None
