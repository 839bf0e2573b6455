"""Claims about networks whose examples have no single class: several labels, numbers, or a class for each pixel."""

from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from netrazor.certification.claim_terms import AnyLoss, Task, Threshold

Scale = Annotated[float, Field(gt=0)]


class SubsetError(AnyLoss):
    """The share of new examples on which at least one label is wrong.

    A label is answered with yes where its score is above 0 and with no where it is below.
    """

    task: ClassVar[Task] = "multi-label"
    may_be_first: ClassVar[bool] = True

    kind: Literal["subset-error"] = "subset-error"


class HammingLoss(AnyLoss):
    """The share of the labels of a new example that are wrong, in the mean over new examples."""

    task: ClassVar[Task] = "multi-label"
    may_be_first: ClassVar[bool] = True

    kind: Literal["hamming-loss"] = "hamming-loss"


class LabelErrors(AnyLoss):
    """For each label, the share of new examples on which it is wrong."""

    task: ClassVar[Task] = "multi-label"

    kind: Literal["label-errors"] = "label-errors"


class Within(AnyLoss):
    """The share of new examples with an answer farther from the truth than ``tolerance``; of several numbers, any.

    Attributes:
        tolerance: the largest distance between answer and truth that is right, in the units of the targets.
    """

    task: ClassVar[Task] = "regression"
    may_be_first: ClassVar[bool] = True

    kind: Literal["within"] = "within"
    tolerance: Threshold


class AbsoluteError(AnyLoss):
    """The mean distance between answer and truth over new examples, a larger one than ``scale`` counted as this.

    Of several numbers an example's loss is the mean.

    Attributes:
        scale: what an error counts at most, in the units of the targets; declared beforehand.
    """

    task: ClassVar[Task] = "regression"
    may_be_first: ClassVar[bool] = True

    kind: Literal["absolute-error"] = "absolute-error"
    scale: Scale


class SquaredError(AnyLoss):
    """The mean squared distance between answer and truth, a larger distance than ``scale`` counted as this.

    Of several numbers an example's loss is the mean.

    Attributes:
        scale: what an error counts at most, before it is squared; declared beforehand.
    """

    task: ClassVar[Task] = "regression"
    may_be_first: ClassVar[bool] = True

    kind: Literal["squared-error"] = "squared-error"
    scale: Scale


class PixelErrors(AnyLoss):
    """The share of the pixels of a new image that are answered wrongly, in the mean over new images.

    An image is one draw, however many pixels it has.

    Attributes:
        ignored: a class whose pixels count for nothing, such as 255; an image of nothing else loses nothing.
    """

    task: ClassVar[Task] = "segmentation"
    may_be_first: ClassVar[bool] = True

    kind: Literal["pixel-errors"] = "pixel-errors"
    ignored: Annotated[int, Field(ge=-(2**31), lt=2**31)] | None = None


MeanLoss: TypeAlias = SubsetError | HammingLoss | Within | AbsoluteError | SquaredError | PixelErrors
MEAN_LOSSES = (SubsetError, HammingLoss, Within, AbsoluteError, SquaredError, PixelErrors)
