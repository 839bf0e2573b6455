"""The test-set bound: what examples say that had no part in the training."""

from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor import bounds
from netrazor.baselines.estimate import Estimate, Kind
from netrazor.counting import ErrorCount, count_errors
from netrazor.runtime import Reporter

REFERENCE = "Clopper and Pearson 1934; Langford 2005"


def held_out(
    model: nn.Module,
    dataset: Dataset[tuple[Tensor, int]],
    *,
    classes: int,
    delta: float = 0.05,
    reporter: Reporter | None = None,
) -> Estimate:
    """The exact binomial bound from the errors of ``model`` on ``dataset``.

    Claim: with probability at least 1 - delta over these i.i.d. examples, which nothing was chosen by, the error
    on new examples is at most the value.
    """
    return held_out_from(count_errors(model, dataset, reporter=reporter), classes=classes, delta=delta)


def held_out_from(count: ErrorCount, *, classes: int, delta: float = 0.05) -> Estimate:
    """`held_out` from counted errors."""
    return Estimate(
        method="Test set",
        structure="None: examples held out",
        reference=REFERENCE,
        kind=Kind.BOUND,
        value=float(bounds.clopper_pearson(count.errors, count.n, delta)),
        delta=delta,
        classes=classes,
        assumptions=("nothing was chosen by the test examples",),
        figures={"test errors": count.errors, "test examples": count.n},
    )
