"""What claims of all kinds share: their task, their weight, and the types of their fields."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from netrazor.certification.record_fields import Positive, Record

# What the target of an example is: one class, a yes or no for each of several labels, one or more numbers, or a class
# for each pixel.
Task = Literal["single-label", "multi-label", "regression", "segmentation"]

Threshold = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(gt=0, le=1)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class AnyLoss(Record):
    """What all claims have.

    Attributes:
        task: of the networks and examples that the claim is about; all claims of a certificate have the same.
        may_be_first: whether it can be the headline: the mean of one loss over all new examples.
        weight: the claim's share of delta is its weight over the sum of all weights, declared beforehand.
    """

    task: ClassVar[Task] = "single-label"
    may_be_first: ClassVar[bool] = False

    weight: Positive = 1
